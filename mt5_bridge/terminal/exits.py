"""Exits that the bridge makes itself: time, and a stop that follows. Stop and target lie at the broker."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from mt5_bridge.exact import exact
from mt5_bridge.terminal.live import OrderSettings
from mt5_bridge.terminal.records import Symbol, SymbolTick
from mt5_bridge.terminal.stops import exit_side
from mt5_bridge.trading.words import Order, Outcome, Position, Quote


def due(order: Order, ts_us: int) -> Outcome | None:
    """The order table's exit by time: at the first quote at or after the earlier of horizon and day's end."""
    if ts_us < order.end_us:
        return None
    return Outcome.TIME if order.horizon_end_us <= order.day_end_us else Outcome.DAY_END


def beyond(order: Order, position: Position, quote: Quote) -> Outcome | None:
    """The order table's exit at a barrier that the broker dropped: it takes none that the market has passed."""
    if position.by_hand:
        return None
    price, sign = (quote.bid, 1) if order.side == "long" else (quote.ask, -1)
    if position.target is None and sign * price >= sign * order.target:
        return Outcome.TARGET
    return Outcome.STOP if position.stop is None and sign * price <= sign * order.stop else None


def stop_wanted(
    rules: OrderSettings, order: Order, position: Position, tick: SymbolTick, symbol: Symbol
) -> tuple[float, str] | None:
    """Where the stop should lie now, and why; None where it lies there or nearer already. It is never moved back.

    Labels and simulator know no such exit: without a setting there is none.
    """
    if position.stop is None:
        return None
    sign = 1 if order.side == "long" else -1
    price, entry = exact(exit_side(order.side, tick)), exact(position.entry.price)
    wanted: list[tuple[Decimal, str]] = []
    if rules.break_even_at is not None:
        way = exact(order.target) - entry
        if sign * (price - entry - rules.break_even_at * way) >= 0:
            wanted.append((entry, "break_even"))
    if rules.trail_points is not None:
        wanted.append((price - sign * rules.trail_points * exact(symbol.point), "trailing"))
    if not wanted:
        return None
    stop, why = max(wanted, key=lambda each: sign * each[0])
    step = exact(symbol.trade_tick_size or symbol.point)
    stop = (stop / step).quantize(Decimal(1), ROUND_FLOOR if sign > 0 else ROUND_CEILING) * step
    return (float(stop), why) if sign * (stop - exact(position.stop)) > 0 else None
