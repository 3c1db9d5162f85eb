"""Stops of positions, and opposite positions that close each other."""

from __future__ import annotations

from math import isfinite

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.checks.scene import FINE, Scene, met
from mt5_bridge.simulated.request import Request
from mt5_bridge.simulated.rows import Position
from mt5_bridge.simulated.specification import Specification
from mt5_bridge.trading.words import Quote


def stops_of_position(scene: Scene, request: Request) -> int:
    position = met(scene.account, request)
    if position is None:
        was_open = request.position in scene.account.ledger.position_ids
        return mt5.TRADE_RETCODE_POSITION_CLOSED if was_open else mt5.TRADE_RETCODE_INVALID
    symbol, quote = scene.symbols[position.symbol], scene.standing[position.symbol]
    if not scene.wall.is_open(symbol, scene.now_us):
        return mt5.TRADE_RETCODE_MARKET_CLOSED
    if (request.sl, request.tp) == (position.sl, position.tp):
        return mt5.TRADE_RETCODE_NO_CHANGES
    if is_frozen(symbol, position, quote):
        return mt5.TRADE_RETCODE_FROZEN
    fine = are_stops_allowed(symbol, position.sign, request, quote.bid if position.sign > 0 else quote.ask)
    return FINE if fine else mt5.TRADE_RETCODE_INVALID_STOPS


def close_by(scene: Scene, request: Request) -> int:
    positions = scene.account.ledger.positions
    one, other = positions.get(request.position), positions.get(request.position_by)
    if one is None or other is None:
        known = scene.account.ledger.position_ids
        was_open = {request.position, request.position_by} <= known
        return mt5.TRADE_RETCODE_POSITION_CLOSED if was_open else mt5.TRADE_RETCODE_INVALID
    if not scene.account.is_hedging or one.symbol != other.symbol or one.sign == other.sign:
        return mt5.TRADE_RETCODE_INVALID
    if not scene.wall.is_open(scene.symbols[one.symbol], scene.now_us):
        return mt5.TRADE_RETCODE_MARKET_CLOSED
    return FINE


def is_frozen(symbol: Specification, position: Position, quote: Quote) -> bool:
    """Whether the price is within the freeze level of a stop: then nobody may touch the position any more."""
    price = quote.bid if position.sign > 0 else quote.ask
    near = symbol.trade_freeze_level
    return bool(near) and any(
        stop and abs(symbol.points(price - stop)) <= near for stop in (position.sl, position.tp)
    )


def are_stops_allowed(symbol: Specification, sign: int, request: Request, price: float) -> bool:
    """On the grid, and beyond the stops level, seen from the price at which the position would be closed."""
    for stop, room in ((request.sl, sign * (price - request.sl)), (request.tp, sign * (request.tp - price))):
        if not stop:
            continue
        if not (isfinite(stop) and stop > 0 and symbol.is_on_grid(stop)):
            return False
        if room <= 0 or symbol.points(room) < symbol.trade_stops_level:
            return False
    return True
