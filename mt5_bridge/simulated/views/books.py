"""Orders, deals and positions as the terminal shows them: floats, and times on the broker's clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mt5_bridge.simulated import records
from mt5_bridge.simulated.account import Account
from mt5_bridge.simulated.rows import Deal, Order, Position
from mt5_bridge.simulated.views.record import record, times
from mt5_bridge.simulated.wall import Wall
from mt5_bridge.trading.words import Quote


def position_record(position: Position, account: Account, wall: Wall) -> Any:
    return record(
        records.TradePosition,
        {
            **vars(position),
            **times(wall, time=position.time_us, time_update=position.time_update_us),
            "volume": float(position.volume),
            "price_open": float(position.price_open),
            "price_current": account.exit_price(position) or 0.0,
            "swap": float(position.swap),
            "profit": float(account.floating(position)),
        },
    )


def order_record(order: Order, standing: Mapping[str, Quote], wall: Wall) -> Any:
    quote = standing.get(order.symbol)
    return record(
        records.TradeOrder,
        {
            **vars(order),
            **times(wall, time_setup=order.time_setup_us, time_done=order.time_done_us),
            "time_expiration": order.expiration,
            "volume_initial": float(order.volume_initial),
            "volume_current": float(order.volume_current),
            "price_current": 0.0 if quote is None else quote.ask if order.sign > 0 else quote.bid,
        },
    )


def deal_record(deal: Deal, wall: Wall) -> Any:
    money = ("volume", "profit", "commission", "swap", "fee")
    return record(
        records.TradeDeal,
        {
            **vars(deal),
            **times(wall, time=deal.time_us),
            **{name: float(getattr(deal, name)) for name in money},
        },
    )
