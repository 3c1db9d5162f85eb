"""What `Mt5Terminal` remembers of an order, and how it goes about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from mt5_bridge.terminal.records import BrokerPosition
from mt5_bridge.terminal.resolve import Inquiry, Patience
from mt5_bridge.trading.bridge import ENTRY_WINDOW_US
from mt5_bridge.trading.words import Cost, Order, OrderReport, OrderState, Outcome


class TradedSymbol(NamedTuple):
    broker_name: str
    cost: Cost
    """Makes a position's `net`."""


@dataclass(frozen=True)
class OrderSettings:
    """How orders are sent and asked after."""

    deviation_points: int = 10
    """How much worse a price may be than the one asked for, where the broker heeds it."""
    entry_window_us: int = ENTRY_WINDOW_US
    """After an order's earliest entry, until when it may be sent, and what is left of it may wait."""
    attempts: int = 3
    """Of one order, while the broker surely made none of it and names another price."""
    patience_s: float = 180.0
    """How long an order without a trace is asked after; on netting accounts a close, too, before there is another."""
    askings: int = 12
    """How often at least."""
    break_even_at: Decimal | None = None
    """Share of the way to the target, from which on the stop lies at the entry; None: never."""
    trail_points: int | None = None
    """Distance in which the stop follows the price; None: it stays."""
    pause_us: int = 1_000_000
    """Between two attempts at an exit."""

    @property
    def patience(self) -> Patience:
        return Patience(self.patience_s, self.askings)


@dataclass(eq=False)
class Live:
    """An order that may have reached the terminal."""

    order: Order
    inquiry: Inquiry
    """After the order, while it has not been seen and no answer came."""
    is_acknowledged: bool = False
    """Whether the terminal said that there is an order."""
    is_missing: bool = False
    """Never arrived, as far as can be known: still looked out for."""
    next_look_us: int = 0
    """While it is missing."""
    report: OrderReport | None = None
    """The newest."""
    row: BrokerPosition | None = None
    """Its position at the newest look."""
    waiting: tuple[int, ...] = ()
    """Tickets of what is not filled."""
    asked_stop: float | None = None
    closing: Outcome | None = None
    closing_inquiry: Inquiry | None = None
    """After a close that was sent, on netting accounts: there a second one could open the opposite position."""
    closing_volume: Decimal = field(default_factory=Decimal)
    """Open when that close was sent."""
    not_before_us: int = 0
    """When the next exit may be tried."""

    @property
    def is_over(self) -> bool:
        return self.report is not None and self.report.state.is_final

    @property
    def is_alive(self) -> bool:
        return not self.is_over and not self.is_missing

    @property
    def is_open(self) -> bool:
        return self.report is not None and self.report.state is OrderState.OPEN

    @property
    def needs_look(self) -> bool:
        """Whether its position alone does not tell all of it."""
        return not self.is_open or self.row is None or bool(self.waiting) or self.closing_inquiry is not None
