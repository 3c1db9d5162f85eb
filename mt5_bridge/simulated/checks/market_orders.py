"""Orders that are to be executed at once."""

from __future__ import annotations

from math import isfinite

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.checks.positions import are_stops_allowed, is_frozen
from mt5_bridge.simulated.checks.scene import FINE, Scene, is_exit, margin_after, met
from mt5_bridge.simulated.money import decimal
from mt5_bridge.simulated.request import Request
from mt5_bridge.simulated.rows import Position
from mt5_bridge.simulated.specification import FILLING_FOK, FILLING_IOC, Specification
from mt5_bridge.trading.words import Quote

_SIDES = {mt5.ORDER_TYPE_BUY, mt5.ORDER_TYPE_SELL}


def market_order(scene: Scene, request: Request) -> int:
    symbol, quote = scene.symbols.get(request.symbol), scene.standing.get(request.symbol)
    if symbol is None or request.type not in _SIDES:
        return mt5.TRADE_RETCODE_INVALID
    code = market_refuses(scene, symbol, request)
    if code:
        return code
    if quote is None or not scene.account.money.can_convert(symbol):
        return mt5.TRADE_RETCODE_PRICE_OFF
    code = volume_refuses(scene, symbol, request) or _filling(symbol, request)
    if code:
        return code
    position = met(scene.account, request)
    if request.position:
        code = _closing(scene, symbol, request, position, quote)
        if code:
            return code
    if symbol.execution in {"instant", "request"}:
        current = quote.ask if request.sign > 0 else quote.bid
        if not (isfinite(request.price) and request.price > 0):
            return mt5.TRADE_RETCODE_INVALID_PRICE
        if abs(symbol.points(current - request.price)) > request.deviation:
            return mt5.TRADE_RETCODE_REQUOTE
    if is_exit(scene.account, request):
        return FINE
    if not are_stops_allowed(symbol, request.sign, request, quote.bid if request.sign > 0 else quote.ask):
        return mt5.TRADE_RETCODE_INVALID_STOPS
    account = scene.account
    needed = margin_after(scene, symbol, request) - account.margin
    paid = account.money.commission(symbol, request.volume, decimal(quote.ask))
    return mt5.TRADE_RETCODE_NO_MONEY if needed > account.margin_free + paid else FINE


def market_refuses(scene: Scene, symbol: Specification, request: Request) -> int:
    """Whether the symbol can be traded in this direction at this time."""
    if symbol.mode == mt5.SYMBOL_TRADE_MODE_DISABLED:
        return mt5.TRADE_RETCODE_TRADE_DISABLED
    if not scene.wall.is_open(symbol, scene.now_us):
        return mt5.TRADE_RETCODE_MARKET_CLOSED
    if not is_exit(scene.account, request):
        if symbol.mode == mt5.SYMBOL_TRADE_MODE_CLOSEONLY:
            return mt5.TRADE_RETCODE_CLOSE_ONLY
        if symbol.mode == mt5.SYMBOL_TRADE_MODE_LONGONLY and request.sign < 0:
            return mt5.TRADE_RETCODE_LONG_ONLY
        if symbol.mode == mt5.SYMBOL_TRADE_MODE_SHORTONLY and request.sign > 0:
            return mt5.TRADE_RETCODE_SHORT_ONLY
    return FINE


def volume_refuses(scene: Scene, symbol: Specification, request: Request) -> int:
    volume = request.volume
    if not symbol.volume_min <= volume <= symbol.volume_max or volume % symbol.volume_step:
        return mt5.TRADE_RETCODE_INVALID_VOLUME
    if symbol.volume_limit and not is_exit(scene.account, request):
        books = scene.account.ledger
        held = [each.volume for each in books.positions_of(symbol.name) if each.sign == request.sign]
        asked = [
            each.volume_current
            for each in books.orders.values()
            if each.symbol == symbol.name and each.sign == request.sign
        ]
        if sum(held + asked, volume) > symbol.volume_limit:
            return mt5.TRADE_RETCODE_LIMIT_VOLUME
    return FINE


def _filling(symbol: Specification, request: Request) -> int:
    """Request and instant execution fill or kill whatever is asked; RETURN is not for market execution."""
    allowed = {
        mt5.ORDER_FILLING_FOK: bool(symbol.filling_mode & FILLING_FOK),
        mt5.ORDER_FILLING_IOC: bool(symbol.filling_mode & FILLING_IOC),
        mt5.ORDER_FILLING_RETURN: symbol.execution == "exchange",
    }
    if symbol.execution in {"instant", "request"} or allowed.get(request.type_filling, False):
        return FINE
    return mt5.TRADE_RETCODE_INVALID_FILL


def _closing(
    scene: Scene, symbol: Specification, request: Request, position: Position | None, quote: Quote
) -> int:
    if position is None:
        was_open = request.position in scene.account.ledger.position_ids
        return mt5.TRADE_RETCODE_POSITION_CLOSED if was_open else mt5.TRADE_RETCODE_INVALID
    if position.symbol != request.symbol or (scene.account.is_hedging and position.sign == request.sign):
        return mt5.TRADE_RETCODE_INVALID
    if scene.account.is_hedging and request.volume > position.volume:
        return mt5.TRADE_RETCODE_INVALID_CLOSE_VOLUME
    if is_frozen(symbol, position, quote):
        return mt5.TRADE_RETCODE_FROZEN
    return FINE
