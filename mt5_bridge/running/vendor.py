"""What a running bridge uses of the vendor's package beyond its orders: ticks as they come, and margins."""

from __future__ import annotations

from typing import Protocol

from mt5_bridge.terminal.package import Mt5, TickArray


class RunningMt5(Mt5, Protocol):
    def copy_ticks_from(self, symbol: str, date_from: int, count: int, flags: int, /) -> TickArray | None: ...
    def order_calc_margin(self, action: int, symbol: str, volume: float, price: float, /) -> float | None: ...
