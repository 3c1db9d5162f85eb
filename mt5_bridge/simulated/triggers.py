"""What a quote sets off: stops and targets, pending orders, the rest of an order, a stop out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.account import Account
from mt5_bridge.simulated.checks.scene import Scene, margin_after
from mt5_bridge.simulated.execution import Desk
from mt5_bridge.simulated.request import Request
from mt5_bridge.simulated.rows import Order
from mt5_bridge.simulated.specification import Specification
from mt5_bridge.simulated.wall import Wall
from mt5_bridge.trading.words import Quote

_DAY_S = 86_400
_BECOMES = {
    mt5.ORDER_TYPE_BUY_STOP_LIMIT: mt5.ORDER_TYPE_BUY_LIMIT,
    mt5.ORDER_TYPE_SELL_STOP_LIMIT: mt5.ORDER_TYPE_SELL_LIMIT,
}
_LIMITS = {mt5.ORDER_TYPE_BUY_LIMIT, mt5.ORDER_TYPE_SELL_LIMIT}


def close_at_stops(account: Account, desk: Desk, symbol: Specification, quote: Quote, now_us: int) -> None:
    """Close positions whose exit side is at or beyond stop or target, at that quote, as the order table does."""
    for position in account.ledger.positions_of(symbol.name):
        price, sign = (quote.bid, 1) if position.sign > 0 else (quote.ask, -1)
        if position.tp and sign * price >= sign * position.tp:
            reason, comment = mt5.DEAL_REASON_TP, f"[tp {position.tp:.{symbol.digits}f}]"
        elif position.sl and sign * price <= sign * position.sl:
            reason, comment = mt5.DEAL_REASON_SL, f"[sl {position.sl:.{symbol.digits}f}]"
        else:
            continue
        desk.exit_at(account, position, price, reason, comment, now_us)


def work_orders(scene: Scene, desk: Desk, symbol: Specification, quote: Quote) -> None:
    """Fill what is left of market orders, and pending orders whose price has come; end those that are too old."""
    ledger = scene.account.ledger
    for order in [each for each in ledger.orders.values() if each.symbol == symbol.name]:
        if not order.is_pending:
            desk.fill_live(scene.account, order, scene.now_us)
        elif _is_expired(order, scene.wall, scene.now_us):
            ledger.put(replace(order, state=mt5.ORDER_STATE_EXPIRED, time_done_us=scene.now_us))
        elif _has_come(order, quote):
            _activate(scene, desk, symbol, order)


def stop_out(scene: Scene, desk: Desk) -> None:
    """Close the position that loses most, and the next, until the margin level is above the stop-out level.

    What cannot be closed, as its market is shut, stays.
    """
    account, now_us = scene.account, scene.now_us
    while account.ledger.positions:
        used, equity = account.margin, account.equity
        if not used or equity * 100 > used * account.setup.stop_out_percent:
            return
        symbols = scene.symbols
        found = [
            p for p in account.ledger.positions.values() if scene.wall.is_open(symbols[p.symbol], now_us)
        ]
        if not found:
            return
        worst = min(found, key=account.floating)
        price = account.exit_price(worst)
        assert price is not None
        comment = f"[so {equity / used * 100:.2f}%/{equity}/{used}]"
        desk.exit_at(account, worst, price, mt5.DEAL_REASON_SO, comment, now_us)


def charge_swap(account: Account, symbols: Mapping[str, Specification], weekday: int, now_us: int) -> None:
    """Let each position pay for the night at the end of a weekday, 0 is Monday."""
    for position in list(account.ledger.positions.values()):
        symbol = symbols[position.symbol]
        nights = nights_of(symbol, weekday)
        amount = account.money.swap(symbol, position.sign, position.volume, nights)
        if amount:
            account.ledger.put(replace(position, swap=position.swap + amount, time_update_us=now_us))


def nights_of(symbol: Specification, weekday: int) -> int:
    """
    >>> eurusd = Specification(name="EURUSD", currency_base="EUR", currency_profit="USD")
    >>> [nights_of(eurusd, weekday) for weekday in range(7)]
    [1, 1, 3, 1, 1, 0, 0]
    """
    if weekday >= 5:
        return 0
    return 3 if (weekday + 1) % 7 == symbol.swap_rollover3days else 1


def _is_expired(order: Order, wall: Wall, now_us: int) -> bool:
    now_s = wall.seconds(now_us)
    if order.type_time == mt5.ORDER_TIME_DAY:
        return now_s // _DAY_S > wall.seconds(order.time_setup_us) // _DAY_S
    if order.type_time == mt5.ORDER_TIME_SPECIFIED:
        return now_s >= order.expiration
    return order.type_time == mt5.ORDER_TIME_SPECIFIED_DAY and now_s // _DAY_S > order.expiration // _DAY_S


def _has_come(order: Order, quote: Quote) -> bool:
    price = quote.ask if order.sign > 0 else quote.bid
    room = order.sign * (price - order.price_open)
    return room <= 0 if order.type in _LIMITS else room >= 0


def _activate(scene: Scene, desk: Desk, symbol: Specification, order: Order) -> None:
    """A stop limit becomes a limit; others are filled, or cancelled where the money does not last."""
    account = scene.account
    if order.type in _BECOMES:
        account.ledger.put(
            replace(order, type=_BECOMES[order.type], price_open=order.price_stoplimit, price_stoplimit=0.0)
        )
        return
    asked = Request(symbol=order.symbol, volume=order.volume_current, type=order.type)
    if margin_after(scene, symbol, asked) - account.margin > account.margin_free:
        account.ledger.put(replace(order, state=mt5.ORDER_STATE_CANCELED, time_done_us=scene.now_us))
        return
    desk.fill_live(account, order, scene.now_us)
