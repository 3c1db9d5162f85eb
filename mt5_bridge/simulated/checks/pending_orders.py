"""Orders that wait for a price, and what is changed of them."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.checks.market_orders import market_refuses, volume_refuses
from mt5_bridge.simulated.checks.positions import are_stops_allowed
from mt5_bridge.simulated.checks.scene import FINE, Scene
from mt5_bridge.simulated.request import Request
from mt5_bridge.simulated.rows import Order
from mt5_bridge.simulated.specification import Specification
from mt5_bridge.trading.words import Quote

_TYPES = range(mt5.ORDER_TYPE_BUY_LIMIT, mt5.ORDER_TYPE_SELL_STOP_LIMIT + 1)
_STOP_LIMITS = {mt5.ORDER_TYPE_BUY_STOP_LIMIT, mt5.ORDER_TYPE_SELL_STOP_LIMIT}
_LIMITS = {mt5.ORDER_TYPE_BUY_LIMIT, mt5.ORDER_TYPE_SELL_LIMIT}


def pending_order(scene: Scene, request: Request) -> int:
    symbol, quote = scene.symbols.get(request.symbol), scene.standing.get(request.symbol)
    if symbol is None or request.type not in _TYPES:
        return mt5.TRADE_RETCODE_INVALID
    code = market_refuses(scene, symbol, request)
    if code:
        return code
    if quote is None:
        return mt5.TRADE_RETCODE_PRICE_OFF
    most = scene.account.setup.limit_orders
    if most and len(scene.account.ledger.orders) >= most:
        return mt5.TRADE_RETCODE_LIMIT_ORDERS
    return (
        volume_refuses(scene, symbol, request)
        or _price(symbol, request, quote)
        or _expiration(scene, request.type_time, request.expiration)
    )


def change_of_order(scene: Scene, request: Request) -> int:
    order = scene.account.ledger.orders.get(request.order)
    if order is None:
        return mt5.TRADE_RETCODE_INVALID_ORDER
    if request.action == mt5.TRADE_ACTION_REMOVE:
        return FINE
    symbol, quote = scene.symbols[order.symbol], scene.standing[order.symbol]
    if not order.is_pending:
        return mt5.TRADE_RETCODE_INVALID_ORDER
    changed = modified(order, request)
    if changed == order:
        return mt5.TRADE_RETCODE_NO_CHANGES
    asked = replace(request, type=order.type, stoplimit=changed.price_stoplimit)
    return _price(symbol, asked, quote) or _expiration(scene, request.type_time, request.expiration)


def modified(order: Order, request: Request) -> Order:
    """A pending order as a change asks for it."""
    return replace(
        order,
        price_open=request.price,
        price_stoplimit=request.stoplimit or order.price_stoplimit,
        sl=request.sl,
        tp=request.tp,
        type_time=request.type_time,
        expiration=request.expiration,
    )


def _price(symbol: Specification, request: Request, quote: Quote) -> int:
    """A limit better, a stop worse than the market by the stops level; the order's own stops around its price."""
    prices = [request.price, request.stoplimit] if request.type in _STOP_LIMITS else [request.price]
    if any(not (isfinite(each) and each > 0 and symbol.is_on_grid(each)) for each in prices):
        return mt5.TRADE_RETCODE_INVALID_PRICE
    current = quote.ask if request.sign > 0 else quote.bid
    away = request.sign * (current - request.price) * (1 if request.type in _LIMITS else -1)
    if away <= 0 or symbol.points(away) < symbol.trade_stops_level:
        return mt5.TRADE_RETCODE_INVALID_PRICE
    if request.type in _STOP_LIMITS and request.sign * (request.price - request.stoplimit) < 0:
        return mt5.TRADE_RETCODE_INVALID_PRICE
    fine = are_stops_allowed(symbol, request.sign, request, prices[-1])
    return FINE if fine else mt5.TRADE_RETCODE_INVALID_STOPS


def _expiration(scene: Scene, type_time: int, expiration: int) -> int:
    if type_time in {mt5.ORDER_TIME_GTC, mt5.ORDER_TIME_DAY}:
        return FINE
    is_known = type_time in {mt5.ORDER_TIME_SPECIFIED, mt5.ORDER_TIME_SPECIFIED_DAY}
    is_ahead = expiration > scene.wall.seconds(scene.now_us)
    return FINE if is_known and is_ahead else mt5.TRADE_RETCODE_INVALID_EXPIRATION
