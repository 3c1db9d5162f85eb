"""A stand-in for the vendor's MetaTrader5 module that has a history and fails where a test says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np

from mt5_bridge.ticks.broker_clock import MOST_BROKERS, BrokerClock

CLOCK = BrokerClock.parse(MOST_BROKERS)
BID, ASK, BOTH = 2, 4, 6
TICK_DTYPE = np.dtype(
    [
        ("time", "<i8"),
        ("bid", "<f8"),
        ("ask", "<f8"),
        ("last", "<f8"),
        ("volume", "<u8"),
        ("time_msc", "<i8"),
        ("flags", "<u4"),
        ("volume_real", "<f8"),
    ]
)
_SUCCESS = (1, "Success")


class Sent(NamedTuple):
    """A tick as the broker sent it, at a moment in UTC."""

    moment: datetime
    bid: float
    ask: float
    flags: int = BOTH


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def every(first: str, last: str, **step: float) -> list[Sent]:
    """Full quotes at a steady pace, each a point above the one before."""
    start, pace = at(first), timedelta(**step)
    count = (at(last) - start) // pace
    return [Sent(start + n * pace, 1.08 + n / 1e5, 1.0801 + n / 1e5) for n in range(count)]


def history(ticks: Iterable[Sent], clock: BrokerClock = CLOCK) -> np.ndarray[Any, Any]:
    """What the terminal keeps of ticks: the server's wall clock as time since the epoch."""
    rows = np.zeros(len(sent := list(ticks)), TICK_DTYPE)
    for row, tick in zip(rows, sent, strict=True):
        wall = clock.wall(tick.moment)
        row["time_msc"] = round(wall.timestamp() * 1_000)
        row["time"] = row["time_msc"] // 1_000
        row["bid"], row["ask"], row["flags"] = tick.bid, tick.ask, tick.flags
    return rows


class TerminalInfo(NamedTuple):
    connected: bool = True


class SymbolInfo(NamedTuple):
    digits: int = 5
    time: int = 0


class Constants:
    """Those that the bridge uses; a test holds them against the vendor's."""

    ACCOUNT_MARGIN_MODE_RETAIL_HEDGING = 2
    ACCOUNT_TRADE_MODE_DEMO = 0
    ACCOUNT_TRADE_MODE_REAL = 2
    COPY_TICKS_INFO = 1
    DEAL_ENTRY_IN = 0
    DEAL_ENTRY_INOUT = 2
    DEAL_REASON_CLIENT = 0
    DEAL_REASON_EXPERT = 3
    DEAL_REASON_MOBILE = 1
    DEAL_REASON_SL = 4
    DEAL_REASON_SO = 6
    DEAL_REASON_TP = 5
    DEAL_REASON_WEB = 2
    DEAL_TYPE_BUY = 0
    DEAL_TYPE_SELL = 1
    ORDER_FILLING_FOK = 0
    ORDER_FILLING_IOC = 1
    ORDER_FILLING_RETURN = 2
    ORDER_STATE_CANCELED = 2
    ORDER_STATE_EXPIRED = 6
    ORDER_STATE_REJECTED = 5
    ORDER_TIME_GTC = 0
    ORDER_TYPE_BUY = 0
    ORDER_TYPE_SELL = 1
    POSITION_TYPE_BUY = 0
    POSITION_TYPE_SELL = 1
    RES_S_OK = 1
    SYMBOL_TRADE_EXECUTION_EXCHANGE = 3
    SYMBOL_TRADE_EXECUTION_MARKET = 2
    TICK_FLAG_ASK = ASK
    TICK_FLAG_BID = BID
    TRADE_ACTION_CLOSE_BY = 10
    TRADE_ACTION_DEAL = 1
    TRADE_ACTION_REMOVE = 8
    TRADE_ACTION_SLTP = 6


@dataclass
class ScriptedMt5(Constants):
    """Does what the vendor's functions do: each sets the last error, and returns None or False where it fails."""

    ticks: np.ndarray[Any, Any] = field(default_factory=lambda: history([]))
    symbols: dict[str, SymbolInfo] = field(default_factory=lambda: {"EURUSD": SymbolInfo()})
    terminal: TerminalInfo = field(default_factory=TerminalInfo)
    fails: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Functions that fail, and how."""
    beside: tuple[int, str] = _SUCCESS
    """The error beside the ticks that are given all the same."""
    calls: list[str] = field(default_factory=list)
    market_watch: set[str] = field(default_factory=set)
    """Symbols that were selected: others have no ticks."""
    asked: tuple[datetime, datetime] | None = None
    error: tuple[int, str] = _SUCCESS

    def initialize(self) -> bool:
        return self._works("initialize")

    def shutdown(self) -> None:
        self.calls.append("shutdown")

    def last_error(self) -> tuple[int, str]:
        return self.error

    def terminal_info(self) -> TerminalInfo | None:
        return self.terminal if self._works("terminal_info") else None

    def symbol_select(self, symbol: str, enable: bool, /) -> bool:  # noqa: FBT001 - as the vendor has it
        if not (self._works("symbol_select") and self._knows(symbol)):
            return False
        self.market_watch = self.market_watch | {symbol} if enable else self.market_watch - {symbol}
        return True

    def symbol_info(self, symbol: str, /) -> SymbolInfo | None:
        return self.symbols[symbol] if self._works("symbol_info") and self._knows(symbol) else None

    def copy_ticks_range(
        self, symbol: str, date_from: datetime, date_to: datetime, flags: int, /
    ) -> np.ndarray[Any, Any] | None:
        """Both ends belong to the range; the vendor takes `timestamp()` of what it is given."""
        if not (self._works("copy_ticks_range") and self._knows(symbol)):
            return None
        if symbol not in self.market_watch:
            return self.ticks[:0]
        self.asked, self.error = (date_from, date_to), self.beside
        time_msc = self.ticks["time_msc"]
        is_asked = (date_from.timestamp() * 1_000 <= time_msc) & (time_msc <= date_to.timestamp() * 1_000)
        is_quote = (self.ticks["flags"] & BOTH) != 0
        return self.ticks[is_asked & is_quote] if flags == self.COPY_TICKS_INFO else self.ticks[is_asked]

    def _works(self, function: str) -> bool:
        self.calls.append(function)
        self.error = self.fails.get(function, _SUCCESS)
        return function not in self.fails

    def _knows(self, symbol: str) -> bool:
        if symbol not in self.symbols:
            self.error = (-4, "Terminal: Not found")
        return symbol in self.symbols
