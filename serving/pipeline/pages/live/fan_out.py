"""One stream for many viewers: each has a bounded queue, so that a slow one costs nobody else anything.

A viewer who is too slow loses all that waits for it, is told how many frames these were, and goes on from a picture of
now: it misses frames, and never sees an old one as new.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import NamedTuple

WAITING = 64
"""Frames that wait for a slow viewer: some ten seconds."""
KEPT = 600
"""Frames that one who comes back with the last id gets; behind that it gets the picture anew."""
_KEEP_ALIVE_S = 15.0


class Frame(NamedTuple):
    name: str
    text: str
    """A line of JSON, or of HTML."""
    number: int = 0
    """Of the frames that were published; 0 for what only one viewer is told."""


class Viewer:
    """What waits for one viewer."""

    def __init__(self, waiting: int) -> None:
        self.lost = 0
        """Frames since the last one that was taken that it will not see."""
        self._most = waiting
        self._frames: deque[Frame] = deque()
        self._came = asyncio.Event()

    def put(self, frame: Frame) -> None:
        if self.lost or len(self._frames) >= self._most:
            self.lost += len(self._frames) + 1
            self._frames.clear()
        else:
            self._frames.append(frame)
        self._came.set()

    def take(self) -> tuple[int, list[Frame]]:
        """Frames that it lost, and those that wait; one of both is nothing."""
        taken = self.lost, list(self._frames)
        self.lost = 0
        self._frames.clear()
        self._came.clear()
        return taken

    async def wait(self) -> bool:
        """False where nothing came for as long as a connection may be silent."""
        try:
            await asyncio.wait_for(self._came.wait(), _KEEP_ALIVE_S)
        except TimeoutError:
            return False
        return True


class FanOut:
    """Frames to all viewers; ids are `EPOCH.NUMBER`, and another epoch is another program or another start of it."""

    def __init__(
        self, picture: Callable[[], str], now: Callable[[], str], *, waiting: int = WAITING, kept: int = KEPT
    ) -> None:
        """`picture` is all that a viewer needs to see, `now` how old the newest of it is; both as JSON."""
        self.epoch = secrets.token_hex(4)
        self.viewers: set[Viewer] = set()
        self._picture, self._now, self._waiting = picture, now, waiting
        self._number = 0
        self._kept: deque[Frame] = deque(maxlen=kept)

    def publish(self, name: str, text: str) -> None:
        self._number += 1
        frame = Frame(name, text, self._number)
        self._kept.append(frame)
        for viewer in self.viewers:
            viewer.put(frame)

    async def view(self, last_id: str = "") -> AsyncGenerator[list[Frame]]:
        """Frames for one viewer, for as long as it looks; `now` again and again where there is none."""
        viewer = Viewer(self._waiting)
        self.viewers.add(viewer)
        try:
            yield self.since(last_id)
            while True:
                if not await viewer.wait():
                    yield [self._as_it_is()]
                    continue
                lost, frames = viewer.take()
                yield [Frame("lost", str(lost)), self._whole()] if lost else frames
        finally:
            self.viewers.discard(viewer)

    def since(self, last_id: str) -> list[Frame]:
        """What one who saw `last_id` has missed; the picture where that cannot be known."""
        epoch, _, number = last_id.partition(".")
        if epoch != self.epoch or not number.isascii() or not number.isdigit():
            return [self._whole()]
        missed = [frame for frame in self._kept if frame.number > int(number)]
        is_all = int(number) + len(missed) == self._number
        # What was missed is not of this moment: the last frame says what is.
        return [*missed, self._as_it_is()] if is_all else [self._whole()]

    def as_event(self, frame: Frame) -> bytes:
        """A frame as a server-sent event."""
        named = f"id: {self.epoch}.{frame.number}\n" if frame.number else ""
        data = "".join(f"data: {line}\n" for line in frame.text.splitlines() or [""])
        return f"{named}event: {frame.name}\n{data}\n".encode()

    def _whole(self) -> Frame:
        return Frame("picture", self._picture(), self._number)

    def _as_it_is(self) -> Frame:
        return Frame("now", self._now())
