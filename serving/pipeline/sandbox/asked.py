"""What a sandbox is asked for, and what it says: lines of JSON between the pages and its process."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

FASTEST = 0.0
"""As a speed: as fast as the endpoint takes the ticks in."""
SPEEDS = (1.0, 10.0, 60.0, 300.0, 1000.0, FASTEST)


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Asked(_Told):
    """A day to replay, and what is to judge it."""

    symbol: str
    day: date
    layer: Literal["raw", "clean"] = "raw"
    bundle: str = ""
    """Digest of a judged bundle; empty: none, so that there are ticks alone."""
    speed: float = Field(60.0, ge=0)
    """Times the pace of the market; 0: as fast as it goes."""


class Order(_Told):
    """What the pages say to a running one; the end of its input is the order to end."""

    do: Literal["pause", "go_on", "speed"]
    speed: float = Field(0.0, ge=0)


class Parity(_Told):
    """The day as it was served, beside what gold and the test have of it."""

    gold: str
    """A sentence on the features."""
    gold_is_equal: bool | None
    """None where there is nothing to compare with."""
    test: str
    """A sentence on the test's trades of the day."""
    test_is_equal: bool | None


class Summary(_Told):
    """How the day went."""

    ticks: int
    quarantined: dict[str, int]
    events: int
    signals: int
    actionable: int
    by_side: dict[str, int]
    abstentions: dict[str, int]
    p50_ms: float
    p99_ms: float
    seconds: float
    """That the replay took."""
    parity: Parity


class Said(_Told):
    """How the sandbox stands."""

    state: Literal["starting", "playing", "paused", "done", "failed"]
    about: str = ""
    """What it does, or why it failed."""
    url: str = ""
    folder: str = ""
    ticks: int = 0
    """Taken in so far."""
    of: int = 0
    at_us: int = 0
    """Time of the last tick, epoch microseconds."""
    speed: float = 0.0
    summary: Summary | None = None
