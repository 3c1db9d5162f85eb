"""One-minute bid/ask bars of a day of clean quotes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Floats, Ints, Quotes

BAR_US = 60_000_000


def minute_bars(day: SymbolDay, quotes: Quotes) -> dict[str, NDArray[Any]]:
    """Columns of `schemas.BARS` without the partition's; `bar_end` as epoch microseconds.

    A bar holds the quotes of [bar_end - 1 min, bar_end); minutes without a quote have no row. `spread_mean`
    adds the spreads one by one in the quotes' order (`np.bincount` does; sums of numpy promise no order), so
    that its bits depend on nothing but the quotes.
    """
    minute = (quotes.ts_us - day.start_us) // BAR_US
    first = np.flatnonzero(np.diff(minute, prepend=-1))
    count = np.diff(first, append=len(minute))
    row = np.repeat(np.arange(len(first)), count)
    spread = np.bincount(row, weights=quotes.ask - quotes.bid, minlength=len(first))
    return {
        "bar_end": day.start_us + (minute[first] + 1) * BAR_US,
        **_prices("bid", quotes.bid, first, count),
        **_prices("ask", quotes.ask, first, count),
        "tick_count": count,
        "spread_mean": spread / count,
    }


def _prices(side: str, price: Floats, first: Ints, count: Ints) -> dict[str, Floats]:
    if not len(first):  # reduceat refuses an empty column
        return {f"{side}_{what}": np.empty(0) for what in ("open", "high", "low", "close")}
    return {
        f"{side}_open": price[first],
        f"{side}_high": np.maximum.reduceat(price, first),
        f"{side}_low": np.minimum.reduceat(price, first),
        f"{side}_close": price[first + count - 1],
    }
