"""A rate limit that threads share."""

from __future__ import annotations

import threading

from ticklake_assets.core.clock import Clock


class RateLimit:
    """Hands out moments to send a request, at least `1 / per_second` apart, first come first served."""

    def __init__(self, per_second: float, clock: Clock) -> None:
        self._gap_s = 1 / per_second
        self._clock = clock
        self._next_s = clock.monotonic()
        self._lock = threading.Lock()

    def wait(self, stop: threading.Event) -> None:
        """Sleep until the caller may send, or until `stop` is set."""
        with self._lock:
            now_s = self._clock.monotonic()
            turn_s = max(self._next_s, now_s)
            self._next_s = turn_s + self._gap_s
        if turn_s > now_s:
            self._clock.pause(turn_s - now_s, stop)

    def hold(self, seconds: float) -> None:
        """Let nobody send for a while: the server asked for it."""
        with self._lock:
            self._next_s = max(self._next_s, self._clock.monotonic() + seconds)
