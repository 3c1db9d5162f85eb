"""What the overview knows of a symbol, and of the whole: each part is None where its source did not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True)
class Days:
    """What the lake has."""

    last_complete: date | None
    """The newest day that gold has."""
    held: int
    """Days in gold."""
    gaps: tuple[date, ...] = ()
    """Days between the first and the last on which the calendar has a session and no layer anything."""
    refused: tuple[date, ...] = ()
    """Days that the chain has given up, and that wait for a person."""


@dataclass(frozen=True)
class Champion:
    """The model whose signals may be traded."""

    digest: str
    as_of: date | None
    """None of a version from before versions told it."""
    number: int | None = None
    """Of the version, as the registry has it; None where the endpoint alone says who is in service."""
    expires: datetime | None = None
    """From this tick time on it abstains; None where the endpoint does not say."""


@dataclass(frozen=True)
class Watched:
    """The newest day that was streamed."""

    day: date
    breaker_open: bool
    why_open: str = ""
    drift: float | None = None
    """Largest population stability index of its quantities; None before the windows say anything."""
    drifted: str = ""
    """Which quantity that is."""
    signals: int = 0
    """Since the champion came into service."""
    abstentions: int = 0
    """Of them those that had a side and must not be acted on."""


@dataclass(frozen=True)
class Held:
    """What a bridge has of a symbol."""

    positions: tuple[str, ...] = ()
    """A line each, like `long 0.10 at 1.08412`."""
    money: Decimal | None = None
    """What the day's trades of it made so far; None where nothing says."""


@dataclass(frozen=True)
class Bridge:
    name: str
    mode: str
    state: str
    """In its own words, like `trading` or `killed`."""
    why: str
    heard: datetime | None
    """None of one that replayed a recorded day: nothing runs."""
    symbols: Mapping[str, Held]
    currency: str = ""
    problem: str = ""
    """What of it cannot be read, and why."""


@dataclass(frozen=True)
class Symbol:
    name: str
    is_synthetic: bool = False
    """Its ticks are drawn: no new day comes by itself, and its models do not grow old by the clock."""
    days: Days | None = None
    versions: int | None = None
    """Of its models; None: unknown."""
    verdict: str = ""
    """Of the newest of them."""
    champion: Champion | None = None
    watched: Watched | None = None


@dataclass(frozen=True)
class Down:
    """A source that did not answer: who, and the sentence with its next step."""

    service: str
    problem: str
    grave: bool = True
    """False of what nothing that trades waits for."""


@dataclass(frozen=True)
class FailedRun:
    run_id: str
    what: str
    ended: datetime


@dataclass(frozen=True)
class Known:
    """All of it, as of a moment."""

    now: datetime
    symbols: tuple[Symbol, ...] = ()
    bridges: tuple[Bridge, ...] = ()
    down: tuple[Down, ...] = ()
    failed: tuple[FailedRun, ...] = ()
