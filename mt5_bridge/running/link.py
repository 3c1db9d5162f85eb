"""One symbol's stream at the endpoint, over lost connections, restarts of the endpoint, and midnights."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import date
from time import perf_counter
from typing import NamedTuple

from mt5_bridge.errors import ConnectionLost
from mt5_bridge.moments import date_of
from mt5_bridge.wire.client import EndpointClient, Stream
from mt5_bridge.wire.contract import Answer, Tick


class Told(NamedTuple):
    tick: Tick
    answer: Answer
    seconds: float
    """Round trip."""


class Link:
    """Ticks wait here until they are answered; none is answered twice, and the endpoint counts each once.

    `rolls`: the endpoint turns the day by itself, as live. Of a recorded market it does not: each day is a stream.
    """

    def __init__(self, client: EndpointClient, symbol: str, *, rolls: bool, patience_seconds: float) -> None:
        self._client = client
        self._symbol = symbol
        self._rolls = rolls
        self._patience = patience_seconds
        self.waiting: deque[Tick] = deque()
        self._day: date | None = None
        self._answered = 0
        self._stream: Stream | None = None
        self._opened = AsyncExitStack()

    @property
    def is_open(self) -> bool:
        return self._stream is not None

    @property
    def turns(self) -> bool:
        """Whether the next tick begins another day of a recorded market, which needs a stream of its own."""
        return not self._rolls and self._day is not None and day_of(self.waiting[0]) > self._day

    async def begin(self, history_until_us: int) -> int:
        """Show a day from its first tick on, which waits; returns the signals of ticks before a time: they are lost."""
        await self.close()
        self._day = day_of(self.waiting[0])
        stream = await self._open()
        await stream.start(rolls=self._rolls)
        self._answered = self.waiting[0].seq - 1
        return await self._catch_up(stream, history_until_us)

    async def resume(self, history_until_us: int) -> int | None:
        """Go on where the stream stood, as `begin`; None where the endpoint stands elsewhere: show the day again."""
        if self._day is None:
            return None
        stream = await self._open()
        stands = await stream.resume()
        if not stands.complete or stands.last_seq not in {self._answered, self._answered + 1}:
            await self.close()
            return None
        return await self._catch_up(stream, history_until_us)

    async def next(self) -> Told:
        """The answer to the tick that waits longest."""
        assert self._stream is not None
        tick = self.waiting[0]
        before = perf_counter()
        try:
            async with asyncio.timeout(self._patience):
                answer = await self._stream.ask(tick)
        except TimeoutError as error:
            raise ConnectionLost(
                f"{self._symbol}: Expected an answer within {self._patience:g} s, was none"
            ) from error
        self._take(1)
        if answer.status == "clean":
            self._day = day_of(tick)
        return Told(tick, answer, perf_counter() - before)

    async def close(self) -> None:
        self._stream = None
        opened, self._opened = self._opened, AsyncExitStack()
        await opened.aclose()

    async def _open(self) -> Stream:
        assert self._day is not None
        opening = self._client.stream(self._symbol, self._day.isoformat())
        return await self._opened.enter_async_context(opening)

    async def _catch_up(self, stream: Stream, until_us: int) -> int:
        history = [tick for tick in self.waiting if _time(tick) < until_us]
        lost = await stream.catch_up(history)
        self._take(len(history))
        self._stream = stream
        return lost

    def _take(self, count: int) -> None:
        for _ in range(count):
            self._answered = self.waiting.popleft().seq


def day_of(tick: Tick) -> date:
    """UTC."""
    return date_of(_time(tick))


def newest_quote(ticks: Sequence[Tick]) -> Tick | None:
    """The last tick with both sides, as far as that can be told without the endpoint."""
    return next((tick for tick in reversed(ticks) if tick.bid and tick.ask and tick.ask >= tick.bid), None)


def _time(tick: Tick) -> int:
    assert tick.ts_us is not None, "a terminal's tick has a time"
    return tick.ts_us
