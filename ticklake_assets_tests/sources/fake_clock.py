"""A clock that passes at once and remembers what was waited for."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from ticklake_assets.core.clock import Clock


class FakeClock:
    def __init__(self, now: datetime = datetime(2026, 8, 1, tzinfo=UTC)) -> None:
        self._start = now
        self._passed_s = 0.0
        self._lock = threading.Lock()
        self.pauses_s: list[float] = []

    @property
    def clock(self) -> Clock:
        return Clock(now=self.now, monotonic=lambda: self._passed_s, pause=self._pause)

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed_s)

    def _pause(self, seconds: float, stop: threading.Event) -> None:
        with self._lock:
            self._passed_s += seconds
            self.pauses_s.append(seconds)
