"""What a running bridge tells whoever listens: metrics, a dashboard, logs, notices. Listening changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from mt5_bridge.wire.contract import Answer, Tick


class Part(StrEnum):
    """What may be lost and come back."""

    TERMINAL = "terminal"
    ENDPOINT = "endpoint"


@dataclass(frozen=True)
class Event:
    ts_us: int
    """By the bridge's clock, UTC."""


@dataclass(frozen=True)
class Started(Event):
    mode: str
    account: str


@dataclass(frozen=True)
class Stopped(Event):
    reason: str
    open_positions: int


@dataclass(frozen=True)
class Answered(Event):
    """A tick and what the endpoint said of it."""

    symbol: str
    tick: Tick
    answer: Answer
    seconds: float
    """Round trip."""


@dataclass(frozen=True)
class Refused(Event):
    """An intent that the bridge itself did not let become an order."""

    symbol: str
    intent_id: str
    reason: str
    detail: str


@dataclass(frozen=True)
class Became(Event):
    """An intent's fate or state, each time that it changes."""

    symbol: str
    intent_id: str
    state: str
    reason: str


@dataclass(frozen=True)
class Lost(Event):
    part: Part
    symbol: str | None
    """None where it is not of one symbol."""
    reason: str


@dataclass(frozen=True)
class Back(Event):
    part: Part
    symbol: str | None


@dataclass(frozen=True)
class Halted(Event):
    """No new entries from here on, of one symbol or of all."""

    symbol: str | None
    reason: str


@dataclass(frozen=True)
class Released(Event):
    """New entries again."""

    symbol: str | None


Listener = Callable[[Event], None]


@dataclass
class EventStream:
    """Tells each listener everything, in order, on the thread that trades: a listener that takes long holds it up."""

    _listeners: list[Listener] = field(default_factory=list)

    def subscribe(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def publish(self, event: Event) -> None:
        """A listener that fails harms nobody, and is told the next event all the same."""
        for listener in self._listeners:
            with suppress(Exception):
                listener(event)
