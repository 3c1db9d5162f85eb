"""The module's functions about the history of prices."""

from __future__ import annotations

from typing import Any

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.calls.base import INVALID, Moment, Terminal, asks, milliseconds, seconds

_TIMEFRAMES = {value for name, value in vars(mt5).items() if name.startswith("TIMEFRAME_")}


class PriceCalls(Terminal):
    @asks()
    def copy_ticks_range(self, symbol: str, date_from: Moment, date_to: Moment, flags: int) -> Any:
        return self._ticks(symbol, flags, milliseconds(date_from), milliseconds(date_to))

    @asks()
    def copy_ticks_from(self, symbol: str, date_from: Moment, count: int, flags: int) -> Any:
        if count <= 0:
            self.error = INVALID
            return None
        ticks = self._ticks(symbol, flags, milliseconds(date_from), float("inf"))
        return None if ticks is None else ticks[:count]

    @asks()
    def copy_rates_range(self, symbol: str, timeframe: int, date_from: Moment, date_to: Moment) -> Any:
        bars = self._bars(symbol, timeframe)
        if bars is None:
            return None
        return bars[(seconds(date_from) <= bars["time"]) & (bars["time"] <= seconds(date_to))]

    @asks()
    def copy_rates_from(self, symbol: str, timeframe: int, date_from: Moment, count: int) -> Any:
        bars = self._bars(symbol, timeframe)
        if bars is None or count <= 0:
            self.error = self.error if bars is None else INVALID
            return None
        return bars[bars["time"] <= seconds(date_from)][-count:]

    @asks()
    def copy_rates_from_pos(self, symbol: str, timeframe: int, start_pos: int, count: int) -> Any:
        bars = self._bars(symbol, timeframe)
        if bars is None or count <= 0 or start_pos < 0:
            self.error = self.error if bars is None else INVALID
            return None
        return bars[: max(len(bars) - start_pos, 0)][-count:]

    def _ticks(self, symbol: str, flags: int, first_ms: float, last_ms: float) -> Any:
        """Quotes alone: a recording has no trades. A symbol that is not in the Market Watch has none."""
        if not self.knows(symbol):
            return None
        count = self.link.ticks_heard(symbol) if symbol in self.watched else 0
        ticks = self.history(symbol).between(count, first_ms, last_ms)
        return ticks[:0] if flags == mt5.COPY_TICKS_TRADE else ticks

    def _bars(self, symbol: str, timeframe: int) -> Any:
        if not self.knows(symbol):
            return None
        if timeframe not in _TIMEFRAMES:
            self.error = INVALID
            return None
        return self.history(symbol).bars(self.link.ticks_heard(symbol), timeframe)
