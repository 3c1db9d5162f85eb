"""Five symbols' ticks from 22:00 to 22:00, soiled as a feed's, one of them with a spread that blows up for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets_tests.serving.deployments import Seen, make_deployment
from ticklake_assets_tests.serving.recorded_day import record_day
from ticklake_assets_tests.serving.streamed_day import rows_of

SYMBOLS = ("EURUSD", "GBPUSD", "USDJPY", "SYNEUR", "SYNJPY")
BLOWN, BY_HAND, _, SWAPPED, _ = SYMBOLS
"""Whose spread blows up, whose breaker a person opens, and whose models change; two drift by themselves."""
FIRST = date(2024, 1, 17)
HOUR_US = 3_600_000_000
_TICKS_A_DAY = 15_000
_BLOWN_PIPS = 20.0

Rows = list[list[Any]]


@dataclass(frozen=True)
class Span:
    """Tick times, epoch microseconds UTC."""

    start_us: int
    end_us: int

    @classmethod
    def of(cls, start_h: float, end_h: float) -> Span:
        """By hours since 00:00 UTC of the first day."""
        midnight = SymbolDay(SYMBOLS[0], FIRST).start_us
        return cls(midnight + round(start_h * HOUR_US), midnight + round(end_h * HOUR_US))

    def has(self, ts_us: int) -> bool:
        return self.start_us <= ts_us < self.end_us


def days_of(symbol: str) -> tuple[SymbolDay, SymbolDay]:
    day = SymbolDay(symbol, FIRST)
    return day, day.shifted(1)


def draw(folder: Path, symbol: str, span: Span, blown: Span) -> Rows:
    """A symbol's ticks in the order of their times, as a feed brings them; without those whose own time is broken."""
    rows: Rows = []
    for day in days_of(symbol):
        recorded = record_day(folder / symbol, day, ticks=_TICKS_A_DAY)
        for at in range(0, len(recorded.ticks), 4096):
            rows += rows_of(recorded.columns(at, at + 4096))
    rows = sorted(
        (row for row in rows if row[0] is not None and span.has(row[0])), key=lambda row: int(row[0])
    )
    if symbol == BLOWN:
        half = _BLOWN_PIPS / 2 * instrument_of(symbol).pip
        for row in rows:
            if blown.has(row[0]) and all(isinstance(price, float) for price in row[1:3]):
                row[1:3] = [row[1] - half, row[2] + half]
    return rows


def deployments(folder: Path, keys: Path, symbol: str) -> list[bytes]:
    """A champion, a later one and a shadow; their reference is of the day before."""
    recorded = record_day(folder / symbol, days_of(symbol)[0].shifted(-1), ticks=_TICKS_A_DAY)
    seen = Seen(recorded.quotes, recorded.features)
    return [
        make_deployment(keys, symbol, seed=seed, passed=passed, seen=seen)
        for seed, passed in ((1, True), (2, True), (3, False))
    ]
