"""The package's shortcuts Buy, Sell and Close, in plain Python: what they send, and when they send again."""

from __future__ import annotations

from typing import Any

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.calls.books import BookCalls
from mt5_bridge.simulated.calls.symbols import SymbolCalls
from mt5_bridge.simulated.calls.trade import TradeCalls

_ATTEMPTS = 10
"""While the price is off."""


class Shortcuts(BookCalls, SymbolCalls, TradeCalls):
    def Buy(  # noqa: N802 - the vendor's name
        self,
        symbol: str,
        volume: float,
        price: float | None = None,
        *,
        comment: str | None = None,
        ticket: int | None = None,
    ) -> Any:
        return self._helped(mt5.ORDER_TYPE_BUY, symbol, volume, price, comment, ticket)

    def Sell(  # noqa: N802 - the vendor's name
        self,
        symbol: str,
        volume: float,
        price: float | None = None,
        *,
        comment: str | None = None,
        ticket: int | None = None,
    ) -> Any:
        return self._helped(mt5.ORDER_TYPE_SELL, symbol, volume, price, comment, ticket)

    def Close(  # noqa: N802
        self, symbol: str, *, comment: str | None = None, ticket: int | None = None
    ) -> bool | str | None:
        """True where all positions were closed, "Partially" where some were, else False; None without an answer.

        As the package's, it raises TypeError where no terminal tells the positions.
        """
        found: tuple[Any, ...] = (
            self.positions_get(symbol=symbol) if ticket is None else self.positions_get(ticket=ticket)
        )
        done = 0
        for position in found:
            is_long = position.type == mt5.POSITION_TYPE_BUY
            side = mt5.ORDER_TYPE_SELL if is_long else mt5.ORDER_TYPE_BUY
            if self.symbol_info_tick(symbol) is None:
                return None
            result = self._helped(side, symbol, position.volume, None, comment, position.ticket)
            if result is None:
                return None
            done += result.retcode == mt5.TRADE_RETCODE_DONE
        return done == len(found) or "Partially" if done else False

    def _helped(
        self,
        side: int,
        symbol: str,
        volume: float,
        price: float | None,
        comment: str | None,
        ticket: int | None,
    ) -> Any:
        """What the package's shortcuts send, again while the price is off and they may choose it.

        As the package's, it raises AttributeError where there is no price to choose.
        """
        request: dict[str, Any] = {
            "action": mt5.TRADE_ACTION_DEAL, "symbol": symbol, "volume": volume, "type": side, "deviation": 10,
        }  # fmt: skip
        if comment is not None:
            request["comment"] = comment
        if ticket is not None:
            request["position"] = ticket
        if price is not None:
            return self.order_send(request | {"price": price})
        result = None
        for _ in range(_ATTEMPTS):
            tick = self.symbol_info_tick(symbol)
            current = tick.ask if side == mt5.ORDER_TYPE_BUY else tick.bid
            result = self.order_send(request | {"price": current})
            if result is None or result.retcode not in {
                mt5.TRADE_RETCODE_REQUOTE,
                mt5.TRADE_RETCODE_PRICE_OFF,
            }:
                break
        return result
