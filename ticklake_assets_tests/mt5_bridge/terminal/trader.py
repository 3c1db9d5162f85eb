"""A terminal over a scripted account, as tests trade with it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mt5_bridge.terminal.mt5 import Mt5Terminal, OrderSettings, TradedSymbol
from mt5_bridge.trading.words import (
    Entry,
    Fate,
    Intent,
    Order,
    OrderReport,
    OrderState,
    Quote,
    Request,
)
from ticklake_assets_tests.mt5_bridge.orders import flat, make_order
from ticklake_assets_tests.mt5_bridge.scripted_account import (
    ScriptedAccount,
)
from ticklake_assets_tests.mt5_bridge.scripted_mt5 import CLOCK

ID = "00000000000000ff"
SYMBOLS = {"SYNEUR": TradedSymbol("EURUSD.m", flat(0.0))}
SETTINGS = OrderSettings(patience_s=60, askings=4)


def order_of(account: ScriptedAccount, intent_id: str = ID, **changes: Any) -> Order:
    """Long from 1.10002, 10 seconds long, half a lot."""
    start = account.now
    times = {"earliest_entry_us": start + 200_000, "horizon_end_us": start + 10_000_000}
    usual = {**times, "day_end_us": start + 3_600_000_000, "volume": Decimal("0.5")}
    return make_order(intent_id, **usual | changes)


class Trader:
    """A terminal over an account, and what it announced."""

    def __init__(self, account: ScriptedAccount, settings: OrderSettings = SETTINGS) -> None:
        self.account = account
        self.announced: list[Request] = []
        self.terminal = Mt5Terminal(account, account, CLOCK, SYMBOLS, self.announced.append, settings)
        self.order = order_of(account)

    def place(self, **changes: Any) -> OrderReport | None:
        self.order = order_of(self.account, **changes)
        self.terminal.place(self.order)
        return self.terminal.find(self.order.intent_id)

    def quote(self, seconds: float, bid: float) -> list[OrderReport]:
        self.account.quote(seconds, bid)
        return self.see()

    def see(self) -> list[OrderReport]:
        account = self.account
        return self.terminal.advance("SYNEUR", Quote(account.now, 1, account.bid, account.ask))


def entry_of(order: Order, fate: Fate | OrderState, **changes: Any) -> Entry:
    intent = Intent(order.intent_id, "s", "b", order.symbol, 1, order.side)
    return Entry(intent, order, fate, **changes)
