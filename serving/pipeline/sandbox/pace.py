"""How fast a day is replayed: market time that runs at a speed, stops, and can change its speed on the way."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress

from serving.pipeline.sandbox.asked import FASTEST

_STEP_S = 0.05
_MOST = 256
"""Ticks of one batch: the endpoint answers viewers between two."""


class Pace:
    """Market time goes on from the first tick's by `speed` times the clock."""

    def __init__(self, speed: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.speed = speed
        self.is_paused = False
        self._clock = clock
        self._market_us = 0.0
        self._looked = clock()
        self._changed = asyncio.Event()

    def change(self, *, speed: float | None = None, paused: bool | None = None) -> None:
        """From now on; what the old speed reached stays."""
        self._advance()
        self.speed = self.speed if speed is None else speed
        self.is_paused = self.is_paused if paused is None else paused
        self._changed.set()

    def due(self, times_us: Sequence[int], done: int) -> int:
        """How many of the ticks, in the order of their times, should have been sent by now; `done` were."""
        if self.is_paused:
            self._looked = self._clock()
            return done
        if self.speed == FASTEST:
            self._market_us, self._looked = float(times_us[done]), self._clock()
            return min(done + _MOST, len(times_us))
        self._advance()
        return min(max(bisect_right(times_us, self._market_us), done), done + _MOST)

    async def batches(self, times_us: Sequence[int]) -> AsyncIterator[tuple[int, int]]:
        """Places `[from, to)` of the ticks to send next, as they become due."""
        done = 0
        self._market_us, self._looked = float(times_us[0]) if times_us else 0.0, self._clock()
        while done < len(times_us):
            due = self.due(times_us, done)
            if due > done:
                yield done, due
                done = due
                await asyncio.sleep(0)
            else:
                self._changed.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), None if self.is_paused else _STEP_S)

    def _advance(self) -> None:
        now = self._clock()
        if not self.is_paused and self.speed != FASTEST:
            self._market_us += (now - self._looked) * self.speed * 1e6
        self._looked = now
