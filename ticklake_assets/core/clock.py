"""Time as a parameter: what waits or asks for the time is given a clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Clock:
    now: Callable[[], datetime]
    """Aware wall clock."""
    monotonic: Callable[[], float]
    """Seconds that never go back."""
    pause: Callable[[float, threading.Event], object]
    """Sleep for seconds, or until the event is set."""


SYSTEM_CLOCK = Clock(
    now=lambda: datetime.now(UTC), monotonic=time.monotonic, pause=lambda seconds, stop: stop.wait(seconds)
)
