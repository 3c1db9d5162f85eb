"""What a fill does to the books: positions open, grow, shrink, close and turn, and a deal tells the money of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.account import Account
from mt5_bridge.simulated.money import decimal
from mt5_bridge.simulated.rows import NOTHING, Deal, Order, Position
from mt5_bridge.simulated.specification import Specification


class Tickets:
    """The broker's numbers: one row for orders and positions, one for deals."""

    def __init__(self) -> None:
        self.last_order = 1_000_000
        self.last_deal = 2_000_000

    def order(self) -> int:
        self.last_order += 1
        return self.last_order

    def deal(self) -> int:
        self.last_deal += 1
        return self.last_deal

    def seen(self, row: Order | Deal | Position) -> None:
        """Numbers of a log that was read are not given again."""
        if isinstance(row, Deal):
            self.last_deal = max(self.last_deal, row.ticket)
        else:
            self.last_order = max(self.last_order, row.ticket)


def held(account: Account, order: Order) -> Position | None:
    """The position that an order meets: on netting accounts the symbol's, on hedging ones that which it names."""
    if account.is_hedging:
        return account.ledger.positions.get(order.position_id)
    return next(iter(account.ledger.positions_of(order.symbol)), None)


def closes(account: Account, order: Order) -> bool:
    """Whether it is bound to a position that another order opened: on hedging accounts it never opens one."""
    return account.is_hedging and order.position_id not in {0, order.ticket}


def fill(
    account: Account,
    symbol: Specification,
    order: Order,
    volume: Decimal,
    price: float,
    now_us: int,
    tickets: Tickets,
) -> tuple[Order, Deal]:
    """Execute a part of an order, or all of it, at a price; returns the order after it, and the deal."""
    money, ledger, exact = account.money, account.ledger, decimal(price)
    position = held(account, order)
    profit = swap = NOTHING
    after = _opened(account, symbol, order, volume, exact, now_us)
    if position is None:
        entry = mt5.DEAL_ENTRY_IN
    elif position.sign == order.sign:
        entry = mt5.DEAL_ENTRY_IN
        after = _grown(position, after)
    else:
        closed = min(volume, position.volume)
        profit = money.profit(symbol, position.sign, closed, position.price_open, exact)
        swap = money.to_cents(position.swap * closed / position.volume)
        entry = mt5.DEAL_ENTRY_OUT
        if volume > position.volume:
            entry = mt5.DEAL_ENTRY_INOUT
            ledger.put(replace(position, volume=NOTHING, time_update_us=now_us))
            opened = _opened(account, symbol, order, volume - closed, exact, now_us)
            after = replace(opened, identifier=position.identifier)
        else:
            after = shrunk(position, closed, swap, now_us)
    ledger.put(after)
    deal = Deal(
        ticket=tickets.deal(),
        order=order.ticket,
        symbol=order.symbol,
        type=mt5.DEAL_TYPE_BUY if order.sign > 0 else mt5.DEAL_TYPE_SELL,
        entry=entry,
        time_us=now_us,
        reason=order.reason,
        volume=volume,
        price=price,
        profit=profit,
        commission=money.commission(symbol, volume, exact),
        swap=swap,
        magic=order.magic,
        position_id=after.identifier,
        comment=order.comment,
    )
    ledger.put(deal)
    left = order.volume_current - volume
    state = mt5.ORDER_STATE_PARTIAL if left else mt5.ORDER_STATE_FILLED
    filled = replace(
        order,
        volume_current=left,
        state=state,
        position_id=after.identifier,
        time_done_us=0 if left else now_us,
    )
    ledger.put(filled)
    return filled, deal


def _opened(
    account: Account, symbol: Specification, order: Order, volume: Decimal, price: Decimal, now_us: int
) -> Position:
    return Position(
        ticket=order.ticket,
        identifier=order.ticket,
        symbol=order.symbol,
        type=mt5.POSITION_TYPE_BUY if order.sign > 0 else mt5.POSITION_TYPE_SELL,
        volume=volume,
        price_open=price,
        time_us=now_us,
        time_update_us=now_us,
        reason=order.reason,
        margin=account.money.margin(symbol, volume),
        sl=order.sl,
        tp=order.tp,
        magic=order.magic,
        comment=order.comment,
    )


def _grown(position: Position, added: Position) -> Position:
    """The stops of the newer order replace the older ones where it has any."""
    volume = position.volume + added.volume
    paid = position.price_open * position.volume + added.price_open * added.volume
    return replace(
        position,
        volume=volume,
        price_open=paid / volume,
        margin=position.margin + added.margin,
        sl=added.sl or position.sl,
        tp=added.tp or position.tp,
        time_update_us=added.time_us,
    )


def shrunk(position: Position, closed: Decimal, swap: Decimal, now_us: int) -> Position:
    """A position of which a part was closed, that took its part of swap and margin along."""
    left = position.volume - closed
    return replace(
        position,
        volume=left,
        swap=position.swap - swap,
        margin=position.margin * left / position.volume,
        time_update_us=now_us,
    )
