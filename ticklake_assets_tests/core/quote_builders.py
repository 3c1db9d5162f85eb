"""Days of quotes from a tiny integer generator: the same on every machine and in every library version."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Quotes

DAY = SymbolDay("EURUSD", date(2024, 1, 17))
"""A Wednesday: open around the clock."""


def integers(seed: int) -> Iterator[int]:
    """Endless 31-bit integers: Knuth's MMIX linear congruential generator, upper bits."""
    state = seed
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield state >> 33


def random_quotes(
    count: int, seed: int = 1, day: SymbolDay = DAY, digits: int = 5, gap_ms: int = 1500
) -> Quotes:
    """A random walk on the point grid: bursts within a millisecond, outages, blown spreads, missing sizes."""
    draw = integers(seed)
    time_us, bid_points = day.start_us, 110_000
    rows = []
    for _ in range(count):
        kind = next(draw) % 1000
        gap = 0 if kind < 80 else 300_000 if kind > 997 else next(draw) % (2 * gap_ms)
        time_us += gap * 1000 + next(draw) % 3
        bid_points += next(draw) % 5 - 2 if kind < 990 else next(draw) % 61 - 30
        spread = next(draw) % 5 + (40 if kind % 97 == 0 else 1)
        sizes = (0.0, 0.0) if kind % 50 == 0 else (next(draw) % 900 / 100, next(draw) % 900 / 100)
        rows.append((time_us, bid_points / 10**digits, (bid_points + spread) / 10**digits, *sizes))
    return quotes_of(rows)


def quotes_of(rows: list[tuple[int, float, float, float, float]]) -> Quotes:
    """Quotes from (ts_us, bid, ask, bid_size, ask_size)."""
    ts_us, bid, ask, bid_size, ask_size = zip(*rows, strict=True) if rows else ((),) * 5
    prices = (np.array(column, dtype=np.float64) for column in (bid, ask, bid_size, ask_size))
    return Quotes(np.array(ts_us, dtype=np.int64), *prices)
