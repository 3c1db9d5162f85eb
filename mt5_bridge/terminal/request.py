"""Requests as `order_send` takes them: volumes on the symbol's step, prices on its grid, a filling mode that it has."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from mt5_bridge.errors import OrderRefused
from mt5_bridge.exact import exact
from mt5_bridge.terminal.package import Mt5
from mt5_bridge.terminal.records import BrokerPosition, Symbol, SymbolTick
from mt5_bridge.trading.words import Order

Request = dict[str, Any]
PREFIX = "tl-"
"""Of the comment of every order of ours."""
_FOK, _IOC = 1, 2
"""Bits of a symbol's `filling_mode`, which the vendor's package doesn't name; no ORDER_FILLING numbers."""


def magic_of(intent_id: str) -> int:
    """
    >>> magic_of("ffffffffffffffff") == 2**63 - 1
    True
    """
    return int(intent_id, 16) >> 1


def comment_of(intent_id: str) -> str:
    """19 characters: a broker takes 29."""
    return PREFIX + intent_id


def entry_request(mt5: Mt5, order: Order, symbol: Symbol, tick: SymbolTick, deviation_points: int) -> Request:
    """A market order with its stop and target.

    Raises OrderRefused where its volume is none of the symbol's, or the symbol has no filling mode that we know.
    """
    is_buy = order.side == "long"
    return {
        "action": mt5.TRADE_ACTION_DEAL,
        "symbol": symbol.name,
        "volume": _volume(order.volume, symbol),
        "type": mt5.ORDER_TYPE_BUY if is_buy else mt5.ORDER_TYPE_SELL,
        "price": tick.ask if is_buy else tick.bid,
        "sl": on_grid(order.stop, symbol),
        "tp": on_grid(order.target, symbol),
        **_ours(mt5, order.intent_id, symbol, deviation_points),
    }


def close_request(
    mt5: Mt5,
    intent_id: str,
    position: BrokerPosition,
    volume: Decimal,
    symbol: Symbol,
    tick: SymbolTick,
    deviation_points: int,
) -> Request:
    """The opposite deal, bound to the position; `volume` may be a part of it."""
    is_long = position.type == mt5.POSITION_TYPE_BUY
    return {
        "action": mt5.TRADE_ACTION_DEAL,
        "symbol": symbol.name,
        "volume": float(volume),
        "type": mt5.ORDER_TYPE_SELL if is_long else mt5.ORDER_TYPE_BUY,
        "price": tick.bid if is_long else tick.ask,
        "position": position.ticket,
        **_ours(mt5, intent_id, symbol, deviation_points),
    }


def close_by_request(mt5: Mt5, intent_id: str, position: BrokerPosition, opposite: BrokerPosition) -> Request:
    """Close one position by an opposite one of the symbol, which spares a spread."""
    return {
        "action": mt5.TRADE_ACTION_CLOSE_BY,
        "position": position.ticket,
        "position_by": opposite.ticket,
        "magic": magic_of(intent_id),
        "comment": comment_of(intent_id),
    }


def modify_request(mt5: Mt5, intent_id: str, position: BrokerPosition, stop: float, target: float) -> Request:
    return {
        "action": mt5.TRADE_ACTION_SLTP,
        "symbol": position.symbol,
        "position": position.ticket,
        "sl": stop,
        "tp": target,
        "magic": magic_of(intent_id),
    }


def remove_request(mt5: Mt5, ticket: int) -> Request:
    return {"action": mt5.TRADE_ACTION_REMOVE, "order": ticket}


def on_grid(price: float, symbol: Symbol) -> float:
    """The nearest price that the symbol can have; one that it has is returned as it is, to the bit."""
    step = exact(symbol.trade_tick_size or symbol.point)
    return float((exact(price) / step).quantize(Decimal(1), ROUND_HALF_EVEN) * step)


def part_of(volume: Decimal, symbol: Symbol) -> Decimal:
    """The most of a volume that is on the symbol's step."""
    step = exact(symbol.volume_step)
    return volume // step * step


def _volume(volume: Decimal, symbol: Symbol) -> float:
    least, most, step = (exact(each) for each in (symbol.volume_min, symbol.volume_max, symbol.volume_step))
    if not least <= volume <= most or volume % step:
        raise OrderRefused(
            f"{symbol.name}: Expected a volume from {least} to {most} lots in steps of {step}, was {volume}",
            "invalid_volume",
        )
    return float(volume)


def _ours(mt5: Mt5, intent_id: str, symbol: Symbol, deviation_points: int) -> Request:
    return {
        "deviation": deviation_points,
        "magic": magic_of(intent_id),
        "comment": comment_of(intent_id),
        "type_time": mt5.ORDER_TIME_GTC,
        "type_filling": _filling(mt5, symbol),
    }


def _filling(mt5: Mt5, symbol: Symbol) -> int:
    """All or nothing where the symbol has it, then what can be had at once; a rest that waits only on an exchange.

    On instant execution and on request the broker fills all or nothing whatever the mask says.
    """
    by_mask = {mt5.SYMBOL_TRADE_EXECUTION_MARKET, mt5.SYMBOL_TRADE_EXECUTION_EXCHANGE}
    if symbol.filling_mode & _FOK or symbol.trade_exemode not in by_mask:
        return mt5.ORDER_FILLING_FOK
    if symbol.filling_mode & _IOC:
        return mt5.ORDER_FILLING_IOC
    if symbol.trade_exemode == mt5.SYMBOL_TRADE_EXECUTION_EXCHANGE:
        return mt5.ORDER_FILLING_RETURN
    raise OrderRefused(
        f"{symbol.name}: Expected a symbol that can be filled or killed, or at once, was filling mode "
        f"{symbol.filling_mode}",
        "invalid_fill",
    )
