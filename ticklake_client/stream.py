"""One feed: numbered ticks out, acknowledgements in, no tick lost or doubled whatever happens between."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, NamedTuple, Self

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from ticklake_client.connection import Address
from ticklake_client.errors import ConnectionLostError, FeedLostError
from ticklake_client.wire import Acknowledgement, Standing, Tick, checked, parse, rows, text


class _Part(NamedTuple):
    """Ticks of one message."""

    first_seq: int
    ticks: Sequence[Tick]

    def message(self) -> str:
        return text({"type": "ticks", "seq": self.first_seq, "rows": rows(self.ticks, self.first_seq)})

    @property
    def last_seq(self) -> int:
        return self.first_seq + len(self.ticks) - 1

    def behind(self, seq: int) -> _Part:
        """What is left of it after `seq`."""
        known = max(0, seq + 1 - self.first_seq)
        return _Part(self.first_seq + known, self.ticks[known:])


class Stream:
    """`async with client.stream(symbol, day) as stream`, then `start` or `resume`, then `send` or `feed`.

    Ticks get their numbers here: the next one is `next_seq`. A lost connection is opened again, and what was not
    acknowledged is sent again, from where the endpoint says. One task at a time uses a stream.
    """

    def __init__(self, address: Address, symbol: str, trading_day: str) -> None:
        self.standing: Standing | None = None
        """What the endpoint last said of the stream."""
        self.next_seq = 1
        self._address = address
        self._symbol = symbol
        self._day = trading_day
        self._acknowledged = 0
        self._waiting: deque[_Part] = deque()
        """Sent, or to be sent again, and not acknowledged."""
        self._turn = asyncio.Lock()
        """Held by who sends: ticks go out in their order."""
        self._progress = asyncio.Event()
        self._sending_again: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._connection = await self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._sending_again is not None:
            self._sending_again.cancel()
        await self._connection.close()

    async def start(self, *, complete: bool = True, rolls: bool = True) -> Standing:
        """Begin the day anew, with the number 1; `complete`: the next tick is the day's first.

        Where it `rolls`, the day turns by itself at midnight UTC of the tick times.
        """
        started = await self._exchange([{"type": "start", "complete": complete, "rolls": rolls}])
        self._acknowledged, self.next_seq = 0, 1
        return started

    async def resume(self, acknowledged: int | None = None) -> Standing:
        """Ask where the endpoint stands, to go on from there.

        `acknowledged` is the last tick whose acknowledgement an earlier run of this program had: what was said of
        later ones is in the answer.
        """
        resumed = await self._exchange([_resume(acknowledged)])
        self._acknowledged = resumed.last_seq or 0
        self.next_seq = self._acknowledged + 1
        return resumed

    async def back_fill(self, ticks: Sequence[Tick]) -> Standing:
        """Give an incomplete day all its ticks from before the stream's first one, in order; it is complete then."""
        standing = self.standing or await self.resume()
        parts = (ticks[at : at + standing.most_ticks] for at in range(0, len(ticks), standing.most_ticks))
        messages = [{"type": "backfill", "rows": rows(part)} for part in parts]
        return await self._exchange([*messages, {"type": "backfilled"}])

    async def send(self, ticks: Sequence[Tick]) -> Acknowledgement:
        """Send a batch, of one tick or many, and wait until it is remembered."""
        first, *others = [each async for each in self.feed([ticks])]
        for later in others:
            first += later
        return first

    async def feed(
        self, batches: Iterable[Sequence[Tick]] | AsyncIterable[Sequence[Tick]]
    ) -> AsyncIterator[Acknowledgement]:
        """Send batches on without waiting, as far as the endpoint's window allows; yields acknowledgements in order.

        Who does not read them makes the sender wait. A stream whose feed was left early, or raised, is to be closed:
        what it sent and has no acknowledgement of, a new one learns by `resume`.

        Raises:
            TicksRefusedError: a message could not be used, or not be remembered. Those behind it may have come in.
            ConnectionLostError, FeedTakenError: no new connection came about for as long as the client is patient.
            FeedLostError: the endpoint came back without what it had acknowledged.
        """
        standing = self.standing or await self.resume()
        pumping = asyncio.create_task(self._pump(batches, standing))
        hearing: asyncio.Task[Acknowledgement | None] | None = None
        try:
            while self._waiting or not pumping.done():
                hearing = hearing or asyncio.create_task(self._hear())
                ends = {hearing} if pumping.done() else {hearing, pumping}
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                if pumping.done():
                    pumping.result()  # an error of the caller's own ticks
                if hearing.done():
                    heard, hearing = hearing.result(), None
                    if heard is not None:
                        yield heard
            pumping.result()
        finally:
            tasks = [task for task in (pumping, hearing) if task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _pump(
        self, batches: Iterable[Sequence[Tick]] | AsyncIterable[Sequence[Tick]], standing: Standing
    ) -> None:
        async for batch in _each(batches):
            for at in range(0, len(batch), standing.most_ticks):
                part = _Part(self.next_seq, batch[at : at + standing.most_ticks])
                message = part.message()
                while part.last_seq - self._acknowledged > standing.window:
                    self._progress.clear()
                    await self._progress.wait()
                async with self._turn:
                    self._waiting.append(part)
                    self.next_seq = part.last_seq + 1
                    await self._say(message)

    async def _say(self, message: str) -> None:
        with suppress(ConnectionClosed):  # who hears notices, and has it sent again
            await self._connection.send(message)

    async def _hear(self) -> Acknowledgement | None:
        try:
            told = parse(await self._connection.recv())
        except ConnectionClosed:
            return await self._come_back()
        heard = checked(Acknowledgement, told)
        self._remembered(heard.seq)
        return heard

    def _remembered(self, seq: int) -> None:
        self._acknowledged = seq
        while self._waiting and self._waiting[0].last_seq <= seq:
            self._waiting.popleft()
        if self._waiting and self._waiting[0].first_seq <= seq:  # its day turned within it
            self._waiting[0] = self._waiting[0].behind(seq)
        self._progress.set()

    async def _come_back(self) -> Acknowledgement | None:
        """Open the stream again; what the endpoint says of ticks whose acknowledgement was lost, if there are any."""
        await self._turn.acquire()
        try:
            before = self._acknowledged
            standing = await self._address.again(self._resumed)
            last = standing.last_seq or 0
            if last < before:
                raise FeedLostError(
                    f"{self._symbol} {self._day}: the endpoint came back without what it had acknowledged. "
                    f"Expected tick {before}, was {last}"
                )
            self._remembered(last)
        except BaseException:
            self._turn.release()
            raise
        # Not awaited: who hears must go on hearing while this sends.
        self._sending_again = asyncio.create_task(self._send_again(list(self._waiting)))
        if last == before:
            return None
        return Acknowledgement(seq=last, signals=standing.signals or (), not_clean=standing.not_clean or ())

    async def _send_again(self, parts: list[_Part]) -> None:
        """Nobody else sends before: the turn is taken already."""
        try:
            for part in parts:
                await self._say(part.message())
        finally:
            self._turn.release()

    async def _resumed(self) -> Standing:
        await self._connection.close()
        self._connection = await self._open()
        try:
            return await self._ask([_resume(self._acknowledged)])
        except ConnectionClosed as error:
            raise ConnectionLostError(f"The endpoint closed the stream again ({error})") from error

    async def _exchange(self, messages: list[dict[str, Any]]) -> Standing:
        """Say something to which the last answer says where the stream stands; all of it again on a new connection."""
        while True:
            try:
                return await self._ask(messages)
            except ConnectionClosed:
                self._connection = await self._address.again(self._open)

    async def _ask(self, messages: list[dict[str, Any]]) -> Standing:
        told: dict[str, object] = {}
        for message in messages:
            await self._connection.send(text(message))
            told = parse(await self._connection.recv())
        self.standing = checked(Standing, told)
        self._day = self.standing.trading_day
        return self.standing

    async def _open(self) -> ClientConnection:
        return await self._address.open(f"/v1/stream/{self._symbol}/{self._day}")


def _resume(acknowledged: int | None) -> dict[str, Any]:
    return {"type": "resume"} if acknowledged is None else {"type": "resume", "acknowledged": acknowledged}


async def _each(
    batches: Iterable[Sequence[Tick]] | AsyncIterable[Sequence[Tick]],
) -> AsyncIterator[Sequence[Tick]]:
    if isinstance(batches, AsyncIterable):
        async for batch in batches:
            yield batch
    else:
        for batch in batches:
            yield batch
