"""An account whose market is recorded quotes in warped time: one a step, as its clock sleeps. It fails when told to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from mt5_bridge.running.feed import Sized, Sizes
from mt5_bridge.running.opening import Market
from mt5_bridge.running.vendor import RunningMt5
from mt5_bridge.trading.words import Quote
from ticklake_assets_tests.mt5_bridge.scripted_account import ScriptedAccount
from ticklake_assets_tests.mt5_bridge.scripted_mt5 import Sent, history

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class PlayedMarket(ScriptedAccount):
    """`at` is called before each step, with the number of quotes shown. Orders fill at once, at the standing quote."""

    quotes: Sequence[Quote] = ()
    at: Callable[[int], None] = lambda _: None
    shown: int = 1
    identity: dict[str, Any] = field(default_factory=dict)
    """What differs from demo account 7."""
    sizes: dict[str, dict[Sized, Sizes]] = field(default_factory=dict)
    is_dead: bool = False
    initialized: int = 0

    def __post_init__(self) -> None:
        self.ticks = history(
            Sent(_EPOCH + timedelta(microseconds=quote.ts_us), quote.bid, quote.ask) for quote in self.quotes
        )
        self.quote(0.0, *self._standing())

    @property
    def market(self) -> Market:
        is_over = lambda: self.shown == len(self.quotes)  # noqa: E731 - a property has no name for it
        return Market(cast("RunningMt5", self), self, is_over, self.sizes)

    def sleep(self, seconds: float) -> None:
        self.at(self.shown)
        self.shown = min(self.shown + 1, len(self.quotes))
        self.quote(0.0, *self._standing())

    def initialize(self) -> bool:
        self.initialized += 1
        return not self.is_dead

    def account_info(self) -> Any:
        info = super().account_info()
        return info and SimpleNamespace(**{**vars(info), **self.identity})

    def symbol_info(self, symbol: str, /) -> Any:
        info = super().symbol_info(symbol)
        more = {"trade_tick_value": 1.0, "bid": self.bid, "swap_mode": 0, "swap_long": 0.0, "swap_short": 0.0}
        return info and SimpleNamespace(**{**vars(info), **more, "swap_rollover3days": 3, **self.symbol})

    def copy_ticks_from(
        self, symbol: str, date_from: int, count: int, flags: int, /
    ) -> np.ndarray[Any, Any] | None:
        shown = self.ticks[: self.shown]
        return shown[shown["time"] >= date_from][:count] if self._works("copy_ticks_from") else None

    def order_calc_margin(self, action: int, symbol: str, volume: float, price: float, /) -> float | None:
        return round(volume * 100_000 * price / 30, 2) if self._works("order_calc_margin") else None

    def _standing(self) -> tuple[float, float]:
        quote = self.quotes[max(self.shown - 1, 0)]
        self.now = quote.ts_us
        return quote.bid, quote.ask

    def _works(self, function: str) -> bool:
        works = super()._works(function)
        if self.is_dead:
            self.error = (-10004, "No IPC connection")
        return works and not self.is_dead
