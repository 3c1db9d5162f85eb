"""Symbols and quotes as the terminal has them at the moment; OrderRefused where it has none, as nothing was sent."""

from __future__ import annotations

from collections.abc import Mapping

from mt5_bridge.errors import OrderRefused
from mt5_bridge.terminal.live import TradedSymbol
from mt5_bridge.terminal.package import Mt5, failure
from mt5_bridge.terminal.records import Symbol, SymbolTick, read


class Market:
    """`symbols` are ours, with the broker's names."""

    def __init__(self, mt5: Mt5, symbols: Mapping[str, TradedSymbol]) -> None:
        self._mt5 = mt5
        self._symbols = symbols

    def name(self, symbol: str) -> str:
        """The broker's."""
        if symbol not in self._symbols:
            raise OrderRefused(f"Expected one of {sorted(self._symbols)}, was {symbol}", "unknown_symbol")
        return self._symbols[symbol].broker_name

    def symbol(self, symbol: str) -> Symbol:
        name = self.name(symbol)
        info = self._mt5.symbol_info(name) if self._mt5.symbol_select(name, True) else None
        if info is None:
            raise OrderRefused(str(failure(self._mt5, f"the symbol {name}")), "unknown_symbol")
        return read(Symbol, info)

    def tick(self, symbol: str) -> SymbolTick:
        name = self.name(symbol)
        tick = self._mt5.symbol_info_tick(name)
        if tick is None or not tick.bid or not tick.ask:
            raise OrderRefused(str(failure(self._mt5, f"a bid and an ask of {name}")), "no_price")
        return read(SymbolTick, tick)
