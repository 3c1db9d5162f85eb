"""What goes wrong between a terminal and its broker, drawn by a seed: the same seed gives the same day, bit by bit.

No draw depends on the draws before it: each is a function of the seed, its name and the market's time or a ticket, so
that a process that was killed and started again meets the same faults.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from random import Random
from typing import Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_HOUR_US = 3_600_000_000
_LONGEST_OUTAGE_S = 24 * 3600


class RequestFault(StrEnum):
    """What becomes of one `order_send`."""

    LOST = "lost"
    """Never reaches the broker; no answer: None."""
    UNANSWERED = "unanswered"
    """Executed, but no answer: None."""
    TIMEOUT = "timeout"
    """Executed, but the answer is 10012."""
    CONNECTION = "connection"
    """Not executed; the answer is 10031."""
    CONNECTION_EXECUTED = "connection_executed"
    """Executed, but the answer is 10031."""
    PLACED = "placed"
    """Executed; the answer is 10008, which names the order and no deal."""
    REJECT = "reject"
    REQUOTE = "requote"
    PRICE_OFF = "price_off"
    PARTIAL = "partial"
    """The market has half of the volume."""
    DELAYED = "delayed"
    """Arrives later than usual."""


class Late(StrEnum):
    """Rows that the terminal shows a while after the broker has them."""

    DEALS = "deals"
    HISTORY_ORDERS = "history_orders"
    ORDERS = "orders"
    POSITIONS = "positions"


class Outage(StrEnum):
    DISCONNECTED = "disconnected"
    """The terminal has lost its broker."""
    RESTARTED = "restarted"
    """The terminal installs an update: gone, and afterwards `initialize` is needed again."""
    SWITCHED = "switched"
    """Somebody logs the terminal in to the second account, and back afterwards."""
    NO_AUTOTRADING = "no_autotrading"
    """Somebody presses the AutoTrading button, twice."""


class Window(BaseModel):
    """An outage at a stated time, epoch microseconds UTC `[start_us, end_us)`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outage: Outage
    start_us: int
    end_us: int


class Range(NamedTuple):
    least: float
    most: float


class Faults(BaseModel):
    """None without numbers. Numbers are probabilities: of one request, of one row, of one hour."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 0
    requests: dict[RequestFault, float] = {}
    late: dict[Late, float] = {}
    doubled: dict[Late, float] = {}
    """Rows that the terminal shows twice."""
    outages: dict[Outage, float] = {}
    late_seconds: Range = Range(0.2, 8.0)
    delay_seconds: Range = Range(0.5, 5.0)
    outage_seconds: Range = Range(1.0, 60.0)
    scripted: dict[int, RequestFault | Literal["none"]] = {}
    """By the number of the process's request, from 1: stated instead of drawn."""
    windows: tuple[Window, ...] = Field(default=())

    @model_validator(mode="after")
    def _are_probabilities(self) -> Self:
        for table in (self.requests, self.late, self.doubled, self.outages):
            if any(not 0 <= value <= 1 for value in table.values()):
                raise ValueError("Expected probabilities from 0 to 1")
        if sum(self.requests.values()) > 1 + 1e-12:
            raise ValueError("Expected probabilities of requests that sum to 1 at most")
        if self.outage_seconds.most > _LONGEST_OUTAGE_S:
            raise ValueError("Expected outage_seconds of a day at most")
        return self

    @property
    def needs_stranger(self) -> bool:
        return Outage.SWITCHED in self.outages or any(w.outage is Outage.SWITCHED for w in self.windows)

    def of_request(self, number: int, now_us: int) -> RequestFault | None:
        if number in self.scripted:
            stated = self.scripted[number]
            return None if stated == "none" else stated
        draw = self._random("request", now_us).random() if self.requests else 1.0
        for fault in RequestFault:
            draw -= self.requests.get(fault, 0.0)
            if draw < 0:
                return fault
        return None

    def delay_us(self, now_us: int) -> int:
        """By how much a delayed request is later."""
        return _microseconds(self._random("delay", now_us), self.delay_seconds)

    def lateness_us(self, kind: Late, ticket: int) -> int:
        """How long the terminal does not show a row that the broker has."""
        if not self.late.get(kind):
            return 0
        random = self._random(kind, ticket)
        return _microseconds(random, self.late_seconds) if random.random() < self.late[kind] else 0

    def is_doubled(self, kind: Late, ticket: int) -> bool:
        """Whether the terminal shows a row twice."""
        chance = self.doubled.get(kind)
        return chance is not None and self._random(f"doubled {kind}", ticket).random() < chance

    def is_out(self, outage: Outage, now_us: int) -> bool:
        return bool(self.lasting(outage, now_us))

    def lasting(self, outage: Outage, now_us: int) -> list[Window]:
        """Outages in which a moment lies."""
        if not (self.windows or self.outages):
            return []
        stated = [each for each in self.windows if each.outage is outage and each.start_us <= now_us]
        longest_us = round(self.outage_seconds.most * 1_000_000) + 1
        drawn = self.began(outage, now_us - longest_us, now_us)
        return [window for window in (*stated, *drawn) if now_us < window.end_us]

    def began(self, outage: Outage, after_us: int, now_us: int) -> list[Window]:
        """Outages that began in `(after_us, now_us]`."""
        if not (self.windows or self.outages):
            return []
        found = [window for window in self.windows if window.outage is outage]
        chance = self.outages.get(outage)
        if chance:
            for hour in range(after_us // _HOUR_US, now_us // _HOUR_US + 1):
                found += _outages_of(self.seed, outage, chance, self.outage_seconds, hour)
        return [window for window in found if after_us < window.start_us <= now_us]

    def _random(self, name: str, number: int) -> Random:
        return Random(f"{self.seed}|{name}|{number}")  # noqa: S311 - a seed that reproduces is the point


@lru_cache(maxsize=1024)
def _outages_of(seed: int, outage: Outage, chance: float, seconds: Range, hour: int) -> tuple[Window, ...]:
    random = Random(f"{seed}|{outage}|{hour}")  # noqa: S311 - as above
    if random.random() >= chance:
        return ()
    start = hour * _HOUR_US + random.randrange(_HOUR_US)
    return (Window(outage=outage, start_us=start, end_us=start + _microseconds(random, seconds)),)


def _microseconds(random: Random, span: Range) -> int:
    return round(random.uniform(*span) * 1_000_000)
