"""One symbol's stream at the endpoint, over lost connections, restarts of the endpoint, and midnights."""

from __future__ import annotations

from collections import deque
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta
from time import perf_counter
from typing import NamedTuple

from mt5_bridge.wire.client import EndpointClient, Stream
from mt5_bridge.wire.contract import Answer, Tick

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Told(NamedTuple):
    tick: Tick
    answer: Answer
    seconds: float
    """Round trip."""


class Link:
    """Ticks wait here until they are answered; none is answered twice, and the endpoint counts each once.

    `rolls`: the endpoint turns the day by itself, as live. Of a recorded market it does not: each day is a stream.
    """

    def __init__(self, client: EndpointClient, symbol: str, *, rolls: bool) -> None:
        self._client = client
        self._symbol = symbol
        self._rolls = rolls
        self._waiting: deque[Tick] = deque()
        self._day: date | None = None
        self._answered = 0
        self._stream: Stream | None = None
        self._opened = AsyncExitStack()

    @property
    def is_open(self) -> bool:
        return self._stream is not None

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def put(self, ticks: list[Tick]) -> None:
        self._waiting.extend(ticks)

    def turns(self, tick: Tick) -> bool:
        """Whether a tick begins another day of a recorded market, which needs a stream of its own."""
        return not self._rolls and self._day is not None and _day(tick) > self._day

    async def begin(self, history: list[Tick]) -> None:
        """Show a day from its first tick on; nobody acts on `history`, which may be empty."""
        await self.close()
        first = history[0] if history else self._waiting[0]
        self._day = _day(first)
        stream = await self._open()
        await stream.start(rolls=self._rolls)
        if history:
            await stream.catch_up(history)
        self._answered = history[-1].seq if history else first.seq - 1
        self._stream = stream

    async def resume(self) -> bool:
        """Open the stream where it stood; False where the endpoint stands elsewhere: show the day again."""
        if self._day is None:
            return False
        stream = await self._open()
        stands = await stream.resume()
        if not stands.complete or stands.last_seq not in {self._answered, self._answered + 1}:
            await self.close()
            return False
        self._stream = stream
        return True

    async def next(self) -> Told | None:
        """The answer to the next tick that waits; None where none does."""
        if not self._waiting:
            return None
        assert self._stream is not None
        tick = self._waiting[0]
        before = perf_counter()
        answer = await self._stream.ask(tick)
        self._waiting.popleft()
        self._answered = tick.seq
        if answer.status == "clean":
            self._day = _day(tick)
        return Told(tick, answer, perf_counter() - before)

    def forget(self) -> list[Tick]:
        """What waits, taken out: it is shown with the rest of its day."""
        ticks = list(self._waiting)
        self._waiting.clear()
        return ticks

    async def close(self) -> None:
        self._stream = None
        opened, self._opened = self._opened, AsyncExitStack()
        await opened.aclose()

    async def _open(self) -> Stream:
        assert self._day is not None
        return await self._opened.enter_async_context(
            self._client.stream(self._symbol, self._day.isoformat())
        )


def _day(tick: Tick) -> date:
    assert tick.ts_us is not None, "a terminal's tick has a time"
    return (_EPOCH + timedelta(microseconds=tick.ts_us)).date()
