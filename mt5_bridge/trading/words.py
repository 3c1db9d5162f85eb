"""The words after a signal, each a type: intent -> order -> fill -> position; and the terminal they meet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, Protocol

from mt5_bridge.wire.contract import Signal


class Outcome(StrEnum):
    """How an order ended: the names of the order table, then what only a broker or a person does."""

    NO_ENTRY = "no_entry"
    TARGET = "target"
    STOP = "stop"
    TIME = "time"
    DAY_END = "day_end"
    MANUAL = "manual"
    """Closed by a person, or by another program."""
    STOP_OUT = "stop_out"
    """Closed by the broker, for want of margin."""
    BROKER = "broker"
    """Closed by the broker for another reason: a rollover, a split."""


class Quote(NamedTuple):
    """A quote that the endpoint called clean; `(ts_us, seq)` orders those of a session."""

    ts_us: int
    seq: int
    bid: float
    ask: float


@dataclass(frozen=True)
class Intent:
    """The decision to act on a signal, once: its id is a hash of what makes the signal unique."""

    intent_id: str
    signal_id: str
    bundle: str
    symbol: str
    ts_us: int
    side: str

    @classmethod
    def of(cls, signal: Signal) -> Intent:
        """16 hex digits, so that the id fits an order comment of every broker."""
        identity = f"{signal.bundle}|{signal.symbol}|{signal.ts_us}|{signal.side}"
        intent_id = hashlib.sha256(identity.encode()).hexdigest()[:16]
        return cls(intent_id, signal.signal_id, signal.bundle, signal.symbol, signal.ts_us, signal.side)


@dataclass(frozen=True)
class Order:
    """What the terminal is asked to do; prices are absolute, times epoch microseconds."""

    intent_id: str
    symbol: str
    side: str
    earliest_entry_us: int
    stop: float
    target: float
    horizon_end_us: int
    day_end_us: int
    volume: Decimal = Decimal(1)
    """Lots; on paper, where results are in price units, one."""

    @property
    def end_us(self) -> int:
        """When it is over, whatever the price."""
        return min(self.horizon_end_us, self.day_end_us)


@dataclass(frozen=True)
class Fill:
    """One execution; slippage and commission are in the position's net."""

    ts_us: int
    seq: int
    """Number of the quote; 0 where a broker filled it, who names none."""
    price: float
    """Of several fills the average by volume."""


@dataclass(frozen=True)
class Position:
    """What an order became; `exit` and `outcome` are None while any of it is open."""

    entry: Fill
    exit: Fill | None = None
    outcome: Outcome | None = None
    net: float = 0.0
    """Result in price units after the costs of the cost profile; 0 while it is open."""
    volume: Decimal = Decimal(1)
    """Lots that were filled."""
    left: Decimal = Decimal(0)
    """Lots that are open."""
    stop: float | None = None
    """As it stands at the broker; None on paper, where it is the order's."""
    target: float | None = None
    by_hand: bool = False
    """Whether somebody else has moved its stop or target: then the bridge moves neither."""
    money: Decimal | None = None
    """What the account has booked for it, account currency, costs included; None on paper."""
    ticket: int | None = None
    """The broker's number of it; None on paper."""


class OrderState(StrEnum):
    ACCEPTED = "accepted"
    """Waiting for its entry."""
    OPEN = "open"
    CLOSED = "closed"
    NO_ENTRY = "no_entry"

    @property
    def is_final(self) -> bool:
        return self in {OrderState.CLOSED, OrderState.NO_ENTRY}


@dataclass(frozen=True)
class OrderReport:
    """The terminal's word on an order: its state, and its position once there was an entry."""

    intent_id: str
    state: OrderState
    position: Position | None = None
    note: str = ""
    """What a person should know of the change: a stop that was moved by hand, a part that was closed."""


class Fate(StrEnum):
    """What is known of an intent whose order is not, or not yet, confirmed by the terminal."""

    INTENDED = "intended"
    """On disk, and surely not sent."""
    SENDING = "sending"
    """On the way to the terminal, or about to be: it may have arrived."""
    UNKNOWN = "unknown"
    """Sent, and no answer came."""
    DECLINED = "declined"
    """Not sent on purpose: the position is busy, or the rules of risk refuse."""
    LAPSED = "lapsed"
    """Surely not sent, and too late now: its entry window passed while no bridge ran."""
    REFUSED = "refused"
    """The terminal said no."""
    NEVER_ARRIVED = "never_arrived"
    """It was about to be sent when the bridge died, and the terminal, asked for long enough, knows of no such order."""


class Request(NamedTuple):
    """Something other than an entry that a terminal is about to be asked for."""

    intent_id: str
    action: str
    """`close`, `close_by`, `modify` or `remove`."""
    why: str
    stop: float | None = None


@dataclass
class Entry:
    """An intent and the newest that is known of it."""

    intent: Intent
    order: Order | None = None
    """None where it was declined."""
    fate: Fate | OrderState = Fate.INTENDED
    reason: str = ""
    """Of the fate, a word for tables: `position_open`, `no_money`."""
    detail: str = ""
    position: Position | None = None
    closing: Outcome | None = None
    """Why its close was sent, where one was."""
    asked_stop: float | None = None
    """The newest stop that the bridge asked for after the entry."""

    @property
    def is_unresolved(self) -> bool:
        """Whether only the terminal can say what is true now."""
        return self.fate in {Fate.SENDING, Fate.UNKNOWN, OrderState.ACCEPTED, OrderState.OPEN}

    @property
    def is_sent(self) -> bool:
        """Whether its order may have reached the terminal at any time."""
        return self.fate not in {Fate.INTENDED, Fate.DECLINED, Fate.LAPSED}

    @property
    def barriers(self) -> tuple[float | None, float | None]:
        """Stop and target as they lie at the broker, None where none does; on paper, without ticket, the order's."""
        assert self.order is not None
        if self.position is None or self.position.ticket is None:
            return self.order.stop, self.order.target
        return self.position.stop, self.position.target

    def ask(self, request: Request) -> None:
        """Take down what was asked for."""
        if request.action == "modify":
            self.asked_stop = request.stop
        elif request.action in {"close", "close_by"}:
            self.closing = Outcome(request.why)


Announce = Callable[[Request], None]
"""Called directly before a request is handed over: after it returned, the request is on disk."""

Cost = Callable[[str, Fill, Fill], float]
"""What a position of a side, entry and exit pays by the cost profile, price units."""


class Terminal(Protocol):
    """What the bridge needs of a terminal, simulated or real: one position a symbol."""

    def place(self, order: Order) -> None:
        """Accept the order, or raise `OrderRefused`, or `OutcomeUnknown` where no answer came."""

    def find(self, intent_id: str) -> OrderReport | None:
        """Say what became of an intent's order; None when there is none and none is on its way.

        Raises `OutcomeUnknown` where the terminal itself cannot say yet.
        """

    def adopt(self, entry: Entry) -> None:
        """Take up an order that an earlier process sent."""

    def busy(self, symbol: str) -> str | None:
        """Why the symbol can take no order now: an order or position of it is alive. None if it can."""

    def advance(self, symbol: str, quote: Quote) -> list[OrderReport]:
        """Pass the newest clean quote; return what changed."""

    def reports(self, symbol: str) -> list[OrderReport]:
        """Look after a symbol's orders and positions without a quote; return what changed."""

    def end_of_day(self, symbol: str) -> list[OrderReport]:
        """Say that no quote follows today; return what changed."""


class Witness(Protocol):
    """A terminal whose own log can be held against the journal; a broker shows none."""

    @property
    def head(self) -> str:
        """Hash of the log's newest line."""

    def holds(self, head: str) -> bool:
        """Whether the log has, or had as its newest, the line of this hash."""

    def order_ids(self) -> list[str]:
        """Intent ids of the orders in the log."""
