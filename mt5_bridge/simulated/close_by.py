"""Two opposite positions close each other: no price is asked for, and the spread is paid once."""

from __future__ import annotations

from dataclasses import replace

from mt5_bridge.simulated import constants as mt5
from mt5_bridge.simulated.account import Account
from mt5_bridge.simulated.fills import Tickets, shrunk
from mt5_bridge.simulated.rows import NOTHING, Deal, Order, Position
from mt5_bridge.simulated.specification import Specification


def close_by(
    account: Account,
    symbol: Specification,
    order: Order,
    pair: tuple[Position, Position],
    now_us: int,
    tickets: Tickets,
) -> Deal:
    """Close the smaller volume of the two at each other's open prices; the first one's deal carries the profit."""
    volume = min(position.volume for position in pair)
    profit = account.money.profit(symbol, pair[0].sign, volume, pair[0].price_open, pair[1].price_open)
    deals = []
    for position, other, gained in ((*pair, profit), (*pair[::-1], NOTHING)):
        swap = account.money.to_cents(position.swap * volume / position.volume)
        account.ledger.put(shrunk(position, volume, swap, now_us))
        deals.append(
            Deal(
                ticket=tickets.deal(),
                order=order.ticket,
                symbol=symbol.name,
                type=mt5.DEAL_TYPE_SELL if position.sign > 0 else mt5.DEAL_TYPE_BUY,
                entry=mt5.DEAL_ENTRY_OUT_BY,
                time_us=now_us,
                reason=order.reason,
                volume=volume,
                price=float(other.price_open),
                profit=gained,
                swap=swap,
                magic=order.magic,
                position_id=position.identifier,
                comment=order.comment,
            )
        )
    for deal in deals:
        account.ledger.put(deal)
    account.ledger.put(
        replace(
            order,
            type=mt5.ORDER_TYPE_CLOSE_BY,
            state=mt5.ORDER_STATE_FILLED,
            volume_initial=volume,
            volume_current=NOTHING,
            time_done_us=now_us,
        )
    )
    return deals[0]
