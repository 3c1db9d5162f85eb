"""The module's functions about symbols and their newest quotes."""

from __future__ import annotations

from typing import Any

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated import records
from mt5_bridge.simulated.calls.base import NOT_FOUND, SUCCESS, Terminal, asks, is_in
from mt5_bridge.simulated.views.record import record
from mt5_bridge.simulated.views.symbols import symbol_record, tick_record

_NO_VERSION = (
    mt5.RES_E_INVALID_VERSION,
    "Terminal: Incompatible versions, please install the latest version of Terminal and Python module",
)
"""What the package says of these two, where no terminal runs."""


class SymbolCalls(Terminal):
    @asks(error=_NO_VERSION)
    def symbols_total(self) -> Any:
        return len(self.server.symbols)

    @asks(error=_NO_VERSION)
    def symbols_get(self, group: str | None = None) -> Any:
        names = [name for name in self.server.symbols if group is None or is_in(group, name)]
        return tuple(self._symbol_record(name) for name in names)

    @asks()
    def symbol_info(self, symbol: str) -> Any:
        return self._symbol_record(symbol) if self.knows(symbol) else None

    @asks()
    def symbol_info_tick(self, symbol: str) -> Any:
        if not self.watches(symbol):
            return None
        tick = self.tick(symbol)
        return record(records.Tick, {}) if tick is None else tick_record(tick)

    @asks(without=False)
    def symbol_select(self, symbol: str, enable: bool = True) -> bool:  # noqa: FBT001 - as the vendor has it
        if not self.knows(symbol):
            return False
        if not enable and any(each.symbol == symbol for each in self.link.positions()):
            self.error = (mt5.RES_E_FAIL, "Terminal: Call failed")
            return False
        self.watched = self.watched | {symbol} if enable else self.watched - {symbol}
        return True

    @asks(without=False, error=SUCCESS)
    def market_book_add(self, symbol: str) -> bool:
        if self.knows(symbol):
            self.books.add(symbol)
        return symbol in self.books

    @asks()
    def market_book_get(self, symbol: str) -> Any:
        """The two sides of the standing quote; a recording of quotes has no depth."""
        tick = self.tick(symbol) if symbol in self.books else None
        if tick is None:
            self.error = NOT_FOUND
            return None
        sides = ((mt5.BOOK_TYPE_SELL, tick["ask"]), (mt5.BOOK_TYPE_BUY, tick["bid"]))
        return tuple(
            record(records.BookInfo, {"type": side, "price": float(price), "volume": 1, "volume_dbl": 1.0})
            for side, price in sides
        )

    @asks(without=False, error=SUCCESS)
    def market_book_release(self, symbol: str) -> bool:
        self.books.discard(symbol)
        return self.knows(symbol)

    def _symbol_record(self, symbol: str) -> Any:
        tick = self.tick(symbol) if symbol in self.watched else None
        spec, money = self.server.symbols[symbol], self.link.account.money
        return symbol_record(spec, money, tick, is_selected=symbol in self.watched)
