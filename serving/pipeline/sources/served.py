"""Signals that were served and ask for an order, by day; a journal is read once for as long as it is the same."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from serving.endpoint.journal.served_signals import ServedSignal, signals_on
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.journal.folders import stream_files

_KEPT = 64
"""Days: a week of some symbols."""


def asking_on(root: Path, day: SymbolDay) -> dict[str, ServedSignal]:
    """By id, those of a day under an endpoint's folder of journals that have a side; the caller changes none of it."""
    state = tuple(
        (path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in stream_files(root, day)
    )
    return _asking(root, day, state)


@lru_cache(_KEPT)
def _asking(root: Path, day: SymbolDay, _state: tuple[tuple[str, int, int], ...]) -> dict[str, ServedSignal]:
    return {name: each for name, each in signals_on(root, day).items() if each.signal["side"] != "none"}
