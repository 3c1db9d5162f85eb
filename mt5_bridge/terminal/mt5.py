"""Orders in a MetaTrader 5 terminal: the vendor's, one elsewhere, or the simulated one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from mt5_bridge.clock import Clock
from mt5_bridge.terminal.package import Mt5
from mt5_bridge.ticks.broker_clock import BrokerClock
from mt5_bridge.trading.words import Announce, Cost, Entry, Order, OrderReport, Quote


@dataclass(frozen=True)
class OrderSettings:
    """How orders are sent and asked after."""

    deviation_points: int = 10
    """How much worse a price may be than the one asked for, where the broker heeds it."""
    entry_window_us: int = 2_000_000
    """After an order's earliest entry, until when it may still be sent, as `trading.bridge.ENTRY_WINDOW_US`."""
    attempts: int = 3
    """Of one order, while the broker surely made none of it and names another price."""
    patience_s: float = 60.0
    """How long an order without a trace is asked after, before it counts as never arrived."""
    askings: int = 6
    """How often at least, while the terminal has its broker."""
    break_even_at: Decimal | None = None
    """Share of the way to the target, from which on the stop lies at the entry; None: never."""
    trail_points: int | None = None
    """Distance in which the stop follows the price; None: it stays."""


class TradedSymbol(NamedTuple):
    broker_name: str
    cost: Cost
    """Makes a position's `net`."""


class Mt5Terminal:
    """One position a symbol, on netting and on hedging accounts; others' positions are left alone."""

    def __init__(
        self,
        mt5: Mt5,
        clock: Clock,
        broker_clock: BrokerClock,
        symbols: Mapping[str, TradedSymbol],
        announce: Announce,
        settings: OrderSettings = OrderSettings(),
    ) -> None:
        """`announce` is the journal's `request`.

        The account is the one that the terminal is logged in to now; under another one nothing is sent or believed.
        """
        raise NotImplementedError

    def place(self, order: Order) -> None:
        raise NotImplementedError

    def find(self, intent_id: str) -> OrderReport | None:
        raise NotImplementedError

    def adopt(self, entry: Entry) -> None:
        raise NotImplementedError

    def busy(self, symbol: str) -> str | None:
        raise NotImplementedError

    def advance(self, symbol: str, quote: Quote) -> list[OrderReport]:
        raise NotImplementedError

    def reports(self, symbol: str) -> list[OrderReport]:
        raise NotImplementedError

    def end_of_day(self, symbol: str) -> list[OrderReport]:
        raise NotImplementedError
