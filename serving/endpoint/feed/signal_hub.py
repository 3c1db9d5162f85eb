"""Who reads signals as they are made: each subscriber gets each signal once, in order."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

WAITING = 4096
"""Signals that wait for a slow reader; one more ends its subscription, and it comes back with its last id."""


class Published(NamedTuple):
    event_id: str
    """`DAY.STREAM.SEQ`, like 2024-01-17.0001.0000000000000000532; ascends as text."""
    signal: dict[str, Any]


def event_id(day: str, stream: str, seq: int) -> str:
    return f"{day}.{stream}.{seq:019}"


class SignalHub:
    def __init__(self) -> None:
        self.is_closed = False
        """Whether the endpoint stops."""
        self._readers: dict[str, set[asyncio.Queue[Published | None]]] = defaultdict(set)

    def publish(self, symbol: str, published: Published) -> None:
        """Give a signal to who subscribes to its symbol; who is too slow is ended with None."""
        for queue in tuple(self._readers[symbol]):
            if queue.qsize() < WAITING:
                queue.put_nowait(published)
            else:
                self._end(symbol, queue)

    @contextmanager
    def subscribed(self, symbol: str) -> Iterator[asyncio.Queue[Published | None]]:
        """Signals of a symbol from now on; None says that this reader was too slow, or the endpoint stops."""
        queue: asyncio.Queue[Published | None] = asyncio.Queue()
        self._readers[symbol].add(queue)
        if self.is_closed:
            self._end(symbol, queue)
        try:
            yield queue
        finally:
            self._readers[symbol].discard(queue)

    def close(self) -> None:
        self.is_closed = True
        for symbol, queues in self._readers.items():
            for queue in tuple(queues):
                self._end(symbol, queue)

    def _end(self, symbol: str, queue: asyncio.Queue[Published | None]) -> None:
        self._readers[symbol].discard(queue)
        queue.put_nowait(None)
