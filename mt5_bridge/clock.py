"""The bridge's time, given in: the machine's, or that of a market which is replayed."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    def now_us(self) -> int:
        """Epoch microseconds, UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait; in a replayed market no longer than until its next quote."""


class SystemClock:
    """The machine's."""

    def now_us(self) -> int:
        return time.time_ns() // 1_000

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
