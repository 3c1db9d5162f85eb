"""A terminal that only shows: recorded quotes in warped time, one a step as its clock sleeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, cast

import numpy as np

from mt5_bridge.running.opening import Market
from mt5_bridge.running.vendor import RunningMt5
from mt5_bridge.trading.words import Quote
from ticklake_assets_tests.mt5_bridge.scripted_mt5 import Sent, history

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Info(NamedTuple):
    login: int = 7
    server: str = "Broker-Demo"
    trade_mode: int = 0
    connected: bool = True
    currency: str = "USD"
    currency_digits: int = 2
    balance: float = 1000.0
    equity: float = 1000.0
    margin: float = 0.0
    margin_free: float = 1000.0


class StandingTick(NamedTuple):
    time_msc: int
    bid: float
    ask: float


@dataclass
class PlayedMarket:
    """Module and clock of one symbol's quotes; `at` is called before each step, with the number of quotes shown."""

    quotes: Sequence[Quote]
    at: Callable[[int], None] = lambda _: None
    shown: int = 1
    info: Info = field(default_factory=Info)
    is_dead: bool = False
    initialized: int = 0

    COPY_TICKS_INFO = 1
    RES_S_OK = 1
    TICK_FLAG_ASK = 4
    TICK_FLAG_BID = 2

    def __post_init__(self) -> None:
        self._rows = history(
            Sent(_EPOCH + timedelta(microseconds=quote.ts_us), quote.bid, quote.ask) for quote in self.quotes
        )

    @property
    def market(self) -> Market:
        return Market(cast("RunningMt5", self), self, lambda: self.shown == len(self.quotes))

    def now_us(self) -> int:
        return self.quotes[self.shown - 1].ts_us

    def sleep(self, seconds: float) -> None:
        self.at(self.shown)
        self.shown = min(self.shown + 1, len(self.quotes))

    def initialize(self) -> bool:
        self.initialized += 1
        return not self.is_dead

    def shutdown(self) -> bool:
        return True

    def last_error(self) -> tuple[int, str]:
        return (-10004, "No IPC connection") if self.is_dead else (1, "Success")

    def terminal_info(self) -> Info | None:
        return None if self.is_dead else self.info

    def account_info(self) -> Info | None:
        return None if self.is_dead else self.info

    def symbol_select(self, symbol: str, enable: bool, /) -> bool:  # noqa: FBT001 - as the vendor has it
        return not self.is_dead

    def symbol_info_tick(self, symbol: str, /) -> StandingTick | None:
        row = self._rows[self.shown - 1]
        return (
            None if self.is_dead else StandingTick(int(row["time_msc"]), float(row["bid"]), float(row["ask"]))
        )

    def positions_get(self) -> tuple[Any, ...] | None:
        return None if self.is_dead else ()

    def copy_ticks_from(
        self, symbol: str, date_from: int, count: int, flags: int, /
    ) -> np.ndarray[Any, Any] | None:
        if self.is_dead:
            return None
        shown = self._rows[: self.shown]
        return shown[shown["time"] >= date_from][:count]
