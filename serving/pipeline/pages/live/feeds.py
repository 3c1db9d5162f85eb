"""Who follows what: one subscription a symbol and endpoint, for as long as somebody looks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from serving.pipeline.answers import ServiceDown
from serving.pipeline.pages.live.followed import Followed, cancelled
from serving.pipeline.sources.endpoint import EndpointSource

MOST_VIEWERS = 256
_LINGER_S = 10.0
"""A page that is reloaded finds its chart again."""


@dataclass
class _Running:
    followed: Followed
    task: asyncio.Task[None]
    viewers: int = 0


class Feeds:
    """Of one event loop."""

    def __init__(self) -> None:
        self._running: dict[tuple[EndpointSource, str], _Running] = {}

    @property
    def viewers(self) -> int:
        return sum(each.viewers for each in self._running.values())

    @property
    def followed(self) -> int:
        """Subscriptions that are held."""
        return len(self._running)

    def expect_room(self) -> None:
        """ServiceDown where so many look already that one more would be heard by all."""
        if self.viewers >= MOST_VIEWERS:
            raise ServiceDown(
                "The live page", "this program", f"{MOST_VIEWERS} windows look already", "Close some of them"
            )

    async def events(self, source: EndpointSource, symbol: str, last_id: str) -> AsyncGenerator[bytes]:
        """Server-sent events for one viewer, until it leaves."""
        key = source, symbol
        running = self._running.get(key)
        if running is None or running.task.done():  # a fault of ours ended it, and stands in the log
            running = self._begin(source, symbol)
        running.viewers += 1
        try:
            yield b"retry: 2000\n\n"
            async with aclosing(running.followed.fan_out.view(last_id)) as view:
                async for frames in view:
                    yield b"".join(map(running.followed.fan_out.as_event, frames))
        finally:
            running.viewers -= 1
            if not running.viewers:
                asyncio.get_running_loop().call_later(_LINGER_S, self._leave, key)

    async def close(self) -> None:
        """End all subscriptions."""
        for running in self._running.values():
            await cancelled(running.task)
        self._running.clear()

    def _begin(self, source: EndpointSource, symbol: str) -> _Running:
        followed = Followed(source, symbol)
        running = _Running(followed, asyncio.create_task(followed.run()))
        self._running[source, symbol] = running
        return running

    def _leave(self, key: tuple[EndpointSource, str]) -> None:
        running = self._running.get(key)
        if running and not running.viewers:
            del self._running[key]
            running.task.cancel()


async def not_yet(about: str) -> AsyncGenerator[bytes]:
    """What a viewer is told of an endpoint that is not up; it comes back by itself."""
    now: dict[str, Any] = {"ts_us": None, "age_s": None, "problem": about, "note": "", "counts": {}}
    yield f"retry: 1000\nevent: now\ndata: {json.dumps(now)}\n\n".encode()
