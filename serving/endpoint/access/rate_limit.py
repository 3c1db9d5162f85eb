"""At most so many a second of each address, in bounded memory."""

from __future__ import annotations

import time
from collections.abc import Callable

_MOST_KEYS = 4096


class RateLimit:
    """The generic cell rate algorithm (ITU-T I.371): a leaky bucket that keeps one time a key.

    `per_s` a second go through in the long run, `burst` at once.
    """

    def __init__(self, per_s: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = 1 / per_s
        self._tolerance = (burst - 1) / per_s
        self._clock = clock
        self._due: dict[str, float] = {}

    def take(self, key: str) -> float:
        """0.0 where one more may go through, and it counts; else the seconds to wait, and it does not."""
        if wait := self.waits(key):
            return wait
        now = self._clock()
        self._due[key] = max(self._due.get(key, now), now) + self._interval
        if len(self._due) > _MOST_KEYS:
            self._forget(now)
        return 0.0

    def waits(self, key: str) -> float:
        """The seconds that one more would have to wait; nothing is counted."""
        now = self._clock()
        wait = max(self._due.get(key, now), now) - now - self._tolerance
        return wait if wait > 1e-9 else 0.0

    def _forget(self, now: float) -> None:
        """Drop the idle, and where all are busy the half that came first."""
        busy = [(key, due) for key, due in self._due.items() if due > now]
        self._due = dict(busy[-_MOST_KEYS // 2 :])
