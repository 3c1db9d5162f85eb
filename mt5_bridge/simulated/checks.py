"""What a trade server asks of a request before it executes it: the first thing that is wrong names the return code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from math import isfinite
from typing import NamedTuple

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.account import Account
from mt5_bridge.simulated.money import decimal
from mt5_bridge.simulated.request import Request
from mt5_bridge.simulated.rows import NOTHING, Order, Position
from mt5_bridge.simulated.specification import FILLING_FOK, FILLING_IOC, Specification
from mt5_bridge.simulated.wall import Wall
from mt5_bridge.trading.words import Quote

FINE = 0
_PENDING_TYPES = range(mt5.ORDER_TYPE_BUY_LIMIT, mt5.ORDER_TYPE_SELL_STOP_LIMIT + 1)
_STOP_LIMITS = {mt5.ORDER_TYPE_BUY_STOP_LIMIT, mt5.ORDER_TYPE_SELL_STOP_LIMIT}
_LIMITS = {mt5.ORDER_TYPE_BUY_LIMIT, mt5.ORDER_TYPE_SELL_LIMIT}
_SIDES = {mt5.ORDER_TYPE_BUY, mt5.ORDER_TYPE_SELL}


class Scene(NamedTuple):
    """Where a request is judged: the account, the standing quotes, the time."""

    account: Account
    symbols: Mapping[str, Specification]
    standing: Mapping[str, Quote]
    wall: Wall
    now_us: int


def refusal(scene: Scene, request: Request) -> int:
    """TRADE_RETCODE_* of a request that is refused; 0 for one that is not."""
    match request.action:
        case mt5.TRADE_ACTION_DEAL:
            return _deal(scene, request)
        case mt5.TRADE_ACTION_PENDING:
            return _pending(scene, request)
        case mt5.TRADE_ACTION_SLTP:
            return _stops_of_position(scene, request)
        case mt5.TRADE_ACTION_MODIFY | mt5.TRADE_ACTION_REMOVE:
            return _change_of_order(scene, request)
        case mt5.TRADE_ACTION_CLOSE_BY:
            return _close_by(scene, request)
    return mt5.TRADE_RETCODE_INVALID


def met(account: Account, request: Request) -> Position | None:
    """The position that a request is about."""
    if account.is_hedging:
        return account.ledger.positions.get(request.position)
    found = account.ledger.positions_of(request.symbol)
    return found[0] if found and request.position in {0, found[0].ticket} else None


def is_exit(account: Account, request: Request) -> bool:
    """Whether it closes or changes and opens nothing."""
    if request.action not in {mt5.TRADE_ACTION_DEAL, mt5.TRADE_ACTION_PENDING}:
        return True
    position = met(account, request)
    return position is not None and position.sign != request.sign and request.volume <= position.volume


def margin_after(scene: Scene, symbol: Specification, request: Request) -> Decimal:
    """Of the account, once a request is executed."""
    account, volume = scene.account, request.volume
    others = [*account.ledger.positions.values()]
    position = met(account, request)
    if position is not None and position.sign != request.sign:
        others.remove(position)
        left = position.volume - volume
        if left > 0:
            others.append(replace(position, volume=left, margin=position.margin * left / position.volume))
        volume = -left
    if volume > 0:
        others.append(
            Position(
                ticket=0,
                identifier=0,
                symbol=symbol.name,
                type=mt5.POSITION_TYPE_BUY if request.sign > 0 else mt5.POSITION_TYPE_SELL,
                volume=volume,
                price_open=NOTHING,
                time_us=0,
                time_update_us=0,
                reason=0,
                margin=account.money.margin(symbol, volume),
            )
        )
    return account.margin_of(others)


def _deal(scene: Scene, request: Request) -> int:
    symbol, quote = scene.symbols.get(request.symbol), scene.standing.get(request.symbol)
    if symbol is None or request.type not in _SIDES:
        return mt5.TRADE_RETCODE_INVALID
    code = _market(scene, symbol, request)
    if code:
        return code
    if quote is None or not scene.account.money.can_convert(symbol):
        return mt5.TRADE_RETCODE_PRICE_OFF
    code = _volume(scene, symbol, request) or _filling(symbol, request)
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
    if not _are_stops_allowed(symbol, request.sign, request, quote.bid if request.sign > 0 else quote.ask):
        return mt5.TRADE_RETCODE_INVALID_STOPS
    account = scene.account
    needed = margin_after(scene, symbol, request) - account.margin
    paid = account.money.commission(symbol, request.volume, decimal(quote.ask))
    return mt5.TRADE_RETCODE_NO_MONEY if needed > account.margin_free + paid else FINE


def _market(scene: Scene, symbol: Specification, request: Request) -> int:
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


def _volume(scene: Scene, symbol: Specification, request: Request) -> int:
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
    if _is_frozen(symbol, position, quote):
        return mt5.TRADE_RETCODE_FROZEN
    return FINE


def _is_frozen(symbol: Specification, position: Position, quote: Quote) -> bool:
    """Whether the price is within the freeze level of a stop: then nobody may touch the position any more."""
    price = quote.bid if position.sign > 0 else quote.ask
    near = symbol.trade_freeze_level
    return bool(near) and any(
        stop and abs(symbol.points(price - stop)) <= near for stop in (position.sl, position.tp)
    )


def _are_stops_allowed(symbol: Specification, sign: int, request: Request, price: float) -> bool:
    """On the grid, and beyond the stops level, seen from the price at which the position would be closed."""
    for stop, room in ((request.sl, sign * (price - request.sl)), (request.tp, sign * (request.tp - price))):
        if not stop:
            continue
        if not (isfinite(stop) and stop > 0 and symbol.is_on_grid(stop)):
            return False
        if room <= 0 or symbol.points(room) < symbol.trade_stops_level:
            return False
    return True


def _pending(scene: Scene, request: Request) -> int:
    symbol, quote = scene.symbols.get(request.symbol), scene.standing.get(request.symbol)
    if symbol is None or request.type not in _PENDING_TYPES:
        return mt5.TRADE_RETCODE_INVALID
    code = _market(scene, symbol, request)
    if code:
        return code
    if quote is None:
        return mt5.TRADE_RETCODE_PRICE_OFF
    most = scene.account.setup.limit_orders
    if most and len(scene.account.ledger.orders) >= most:
        return mt5.TRADE_RETCODE_LIMIT_ORDERS
    return (
        _volume(scene, symbol, request)
        or _price(symbol, request, quote)
        or _expiration(scene, request.type_time, request.expiration)
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
    fine = _are_stops_allowed(symbol, request.sign, request, prices[-1])
    return FINE if fine else mt5.TRADE_RETCODE_INVALID_STOPS


def _expiration(scene: Scene, type_time: int, expiration: int) -> int:
    if type_time in {mt5.ORDER_TIME_GTC, mt5.ORDER_TIME_DAY}:
        return FINE
    is_known = type_time in {mt5.ORDER_TIME_SPECIFIED, mt5.ORDER_TIME_SPECIFIED_DAY}
    is_ahead = expiration > scene.wall.seconds(scene.now_us)
    return FINE if is_known and is_ahead else mt5.TRADE_RETCODE_INVALID_EXPIRATION


def _stops_of_position(scene: Scene, request: Request) -> int:
    position = met(scene.account, request)
    if position is None:
        was_open = request.position in scene.account.ledger.position_ids
        return mt5.TRADE_RETCODE_POSITION_CLOSED if was_open else mt5.TRADE_RETCODE_INVALID
    symbol, quote = scene.symbols[position.symbol], scene.standing[position.symbol]
    if not scene.wall.is_open(symbol, scene.now_us):
        return mt5.TRADE_RETCODE_MARKET_CLOSED
    if (request.sl, request.tp) == (position.sl, position.tp):
        return mt5.TRADE_RETCODE_NO_CHANGES
    if _is_frozen(symbol, position, quote):
        return mt5.TRADE_RETCODE_FROZEN
    fine = _are_stops_allowed(symbol, position.sign, request, quote.bid if position.sign > 0 else quote.ask)
    return FINE if fine else mt5.TRADE_RETCODE_INVALID_STOPS


def _change_of_order(scene: Scene, request: Request) -> int:
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


def _close_by(scene: Scene, request: Request) -> int:
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
