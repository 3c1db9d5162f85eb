"""The words after a signal, each a type: intent -> order -> fill -> position; and the terminal they meet."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from mt5_bridge.wire.contract import Signal


class Outcome(StrEnum):
    """How an order ended, the names of the order table."""

    NO_ENTRY = "no_entry"
    TARGET = "target"
    STOP = "stop"
    TIME = "time"
    DAY_END = "day_end"


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


@dataclass(frozen=True)
class Fill:
    """One execution at a quote's price; slippage and commission are in the position's net."""

    ts_us: int
    seq: int
    price: float


@dataclass(frozen=True)
class Position:
    """What an order became; `exit` and `outcome` are None while it is open. `net` is in price units."""

    entry: Fill
    exit: Fill | None = None
    outcome: Outcome | None = None
    net: float = 0.0


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


class Terminal(Protocol):
    """What the bridge needs of a terminal, simulated or real: one position a symbol."""

    def place(self, order: Order) -> None:
        """Accept the order, or raise `OrderRefused`, or `OutcomeUnknown` where no answer came."""

    def find(self, intent_id: str) -> OrderReport | None:
        """Say what became of an intent's order; None when there is none and none is on its way.

        Raises `OutcomeUnknown` where the terminal itself cannot say yet.
        """

    def is_busy(self, symbol: str) -> bool:
        """Whether an order or a position of the symbol is alive."""

    def advance(self, symbol: str, quote: Quote) -> list[OrderReport]:
        """Pass the newest clean quote; return what changed."""

    def end_of_day(self, symbol: str) -> list[OrderReport]:
        """Say that no quote follows today; return what changed."""
