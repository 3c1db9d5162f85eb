"""Signals in the journals of what was served, by what a person holds: a signal's id or an order's comment."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.journal.folders import SUFFIX
from ticklake_assets.journal.reading import read_journal


class ServedSignal(NamedTuple):
    """A signal as it was answered, and the stream that it stands in."""

    journal: Path
    signal: dict[str, Any]

    @property
    def signal_id(self) -> str:
        return str(self.signal["signal_id"])

    @property
    def day(self) -> SymbolDay:
        """Whose quotes were streamed."""
        return SymbolDay(self.signal["symbol"], date.fromisoformat(self.journal.parent.name))

    @property
    def intent_id(self) -> str:
        """The id of the order that a bridge makes of it: a hash of the same facts, so no bridge is asked."""
        told = self.signal
        identity = f"{told['bundle']}|{told['symbol']}|{told['ts_us']}|{told['side']}"
        return sha256(identity.encode()).hexdigest()[:16]

    @property
    def comment(self) -> str:
        """As a broker shows it."""
        return f"tl-{self.intent_id}"


def find_signal(root: Path, name: str) -> ServedSignal | None:
    """The served signal of this id, order comment or intent id; None where no stream holds it."""
    for served in _signals(root, "*/*"):
        if name in (served.signal_id, served.comment, served.intent_id):
            return served
    return None


def signals_of(root: Path, symbol: str, bundles: Collection[str]) -> dict[str, ServedSignal]:
    """What these bundles signalled of a symbol, by id; what was served again in a later stream counts once."""
    listed = _signals(root, f"{symbol}/*")
    return {served.signal_id: served for served in listed if served.signal["bundle"] in bundles}


def signals_on(root: Path, day: SymbolDay) -> dict[str, ServedSignal]:
    """What any bundle signalled on a day, by id."""
    return {served.signal_id: served for served in _signals(root, f"{day.symbol}/{day.trading_day}")}


def _signals(root: Path, days: str) -> Iterator[ServedSignal]:
    for journal in sorted(root.glob(f"{days}/*{SUFFIX}")):
        for batch in read_journal(journal).batches:
            for signals in batch.signals:
                yield from (ServedSignal(journal, signal) for signal in signals)
