"""Ticks and bars as the terminal keeps them: structured arrays on the broker's clock."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.records import RATE_DTYPE, TICK_DTYPE
from mt5_bridge.simulated.specification import Specification
from mt5_bridge.simulated.wall import Wall
from mt5_bridge.trading.words import Quote

Array = np.ndarray[Any, Any]
_HOURS, _WEEKS, _MONTHS = 0x4000, 0x8000, 0xC000
"""Marks of a TIMEFRAME_* that does not count minutes."""
_WEEK_S = 7 * 86_400
_SUNDAY_S = 3 * 86_400
"""1970-01-04, when a week of MetaTrader 5 began."""


class History:
    """A symbol's recording; of it the first so many ticks have happened."""

    def __init__(self, symbol: Specification, quotes: Sequence[Quote], wall: Wall) -> None:
        self._symbol = symbol
        ticks = np.zeros(len(quotes), TICK_DTYPE)
        ticks["time_msc"] = [wall.ms(quote.ts_us) for quote in quotes]
        ticks["time"] = ticks["time_msc"] // 1_000
        ticks["bid"] = [quote.bid for quote in quotes]
        ticks["ask"] = [quote.ask for quote in quotes]
        has_bid, has_ask = (np.diff(ticks[side], prepend=0.0) != 0 for side in ("bid", "ask"))
        flags = has_bid * mt5.TICK_FLAG_BID + has_ask * mt5.TICK_FLAG_ASK
        ticks["flags"] = np.where(flags == 0, mt5.TICK_FLAG_BID | mt5.TICK_FLAG_ASK, flags)
        self._ticks = ticks
        self._times = ticks["time_msc"].tolist()
        """A column of its own: searching in an array of records would copy it each time."""
        self._is_ordered = bool((np.diff(ticks["time_msc"]) >= 0).all())
        """False where the broker's clock was set back within it."""

    def between(self, count: int, first_ms: float, last_ms: float) -> Array:
        """Ticks of the first `count` whose clock shows `[first, last]` milliseconds."""
        if self._is_ordered:
            first = bisect_left(self._times, first_ms, hi=count)
            return self._ticks[first : bisect_right(self._times, last_ms, hi=count)].copy()
        ticks = self._ticks[:count]
        return ticks[(first_ms <= ticks["time_msc"]) & (ticks["time_msc"] <= last_ms)]

    def last(self, count: int) -> Array | None:
        """The newest of the first `count` ticks."""
        return self._ticks[count - 1] if count else None

    def bars(self, count: int, timeframe: int) -> Array:
        """Bars of bids, of the first `count` ticks; a period without ticks has none."""
        ticks = self._ticks[:count]
        starts = _starts(ticks["time"], timeframe)
        firsts = np.flatnonzero(np.diff(starts, prepend=-1)) if count else np.zeros(0, np.int64)
        bars = np.zeros(len(firsts), RATE_DTYPE)
        if not count:
            return bars
        bid, spread = ticks["bid"], ticks["ask"] - ticks["bid"]
        ends = np.append(firsts[1:], count)
        bars["time"], bars["open"], bars["close"] = starts[firsts], bid[firsts], bid[ends - 1]
        bars["high"], bars["low"] = np.maximum.reduceat(bid, firsts), np.minimum.reduceat(bid, firsts)
        bars["tick_volume"] = ends - firsts
        bars["spread"] = np.rint(np.minimum.reduceat(spread, firsts) / self._symbol.point)
        return bars


def _starts(seconds: Array, timeframe: int) -> Array:
    number = timeframe & 0x3FFF
    kind = timeframe & _MONTHS
    if kind == _MONTHS:
        return (
            seconds.astype("datetime64[s]").astype("datetime64[M]").astype("datetime64[s]").astype(np.int64)
        )
    if kind == _WEEKS:
        return (seconds - _SUNDAY_S) // _WEEK_S * _WEEK_S + _SUNDAY_S
    length = number * (3600 if kind == _HOURS else 60)
    return seconds // length * length
