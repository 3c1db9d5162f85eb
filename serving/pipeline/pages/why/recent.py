"""Names to begin with: the newest signals and orders that were served here, and the newest bundles."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from serving.endpoint.journal.served_signals import ServedSignal
from serving.pipeline.sources.served import asking_on
from ticklake_assets.core.errors import TicklakeError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.settings import Settings

_DAYS, _SIGNALS = 3, 8


@dataclass(frozen=True)
class Recent:
    day: SymbolDay
    signals: tuple[ServedSignal, ...]
    """The last ones of the day that ask for an order."""


def recent(settings: Settings) -> list[Recent]:
    """Of the newest days that were streamed to this home's endpoint, or to the demo's."""
    roots = [settings.journals, settings.home.absolute() / "demo" / "endpoint" / "journal"]
    found = []
    for root, day in sorted(_days(roots), key=lambda each: str(each[1].trading_day), reverse=True)[:_DAYS]:
        try:
            orders = asking_on(root, day).values()
        except TicklakeError:  # a journal that cannot be read is told where it is opened
            continue
        found.append(Recent(day, tuple(deque(orders, _SIGNALS))))
    return found


def _days(roots: Iterable[Path]) -> list[tuple[Path, SymbolDay]]:
    found: dict[SymbolDay, Path] = {}
    for root in roots:
        for folder in root.glob("*/????-??-??"):  # the demo gives its day to the home's endpoint, too
            found.setdefault(SymbolDay.parse(f"{folder.parent.name}|{folder.name}"), root)
    return [(root, day) for day, root in found.items()]
