"""The conversation about one symbol's feed: its messages and their order, across lost connections and midnights."""

from __future__ import annotations

import asyncio
from collections.abc import Container
from typing import Any

import orjson

from serving.endpoint.feed import answers
from serving.endpoint.feed.answers import Said
from serving.endpoint.feed.day_stream import DayStream
from serving.endpoint.feed.desk import Desk
from serving.endpoint.feed.messages import (
    MOST_TICKS,
    BackFill,
    BackFilled,
    Message,
    Resume,
    Start,
    Tick,
    Ticks,
    read_message,
    seq_of,
)
from serving.endpoint.feed.midnight import turn
from serving.endpoint.telemetry.stages import Stage, Stages
from ticklake_assets.core.cleaning import RawColumns
from ticklake_assets.core.errors import DataError, TransientError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.journal.records import Batch

WINDOW = 4 * MOST_TICKS
"""Ticks that a client may send on without an acknowledgement; behind that the socket makes it wait."""


class LiveSession:
    """It outlives its connection, so that a client can come back and resume; and its day, when the day turns.

    `seq` counts ticks without gaps, over midnights too. What was accepted may be sent again as it was sent before: it
    gets the same answer and changes nothing. A gap makes the day incomplete until it is replayed or filled.
    """

    def __init__(self, desk: Desk, day: SymbolDay, taken: Container[SymbolDay] = ()) -> None:
        """`taken` are the days that clients hold."""
        self.day = self.named = day
        """`named` is the day under whose name the client came: its stream may have turned since."""
        self._taken = taken
        self.is_pipelined = False
        self._desk = desk
        self._stream: DayStream | None = None
        self._filling: DayStream | None = None
        self._refused_seq: int | None = None
        """Of the last message, where it was refused: what its client had sent on before it knew is refused, too."""

    async def answer(self, text: str | bytes) -> Said:
        """Read one message and handle it.

        Raises:
            DataError: it cannot be used, and nothing has changed.
            OSError, JournalFullError: nothing more can be remembered; what was acknowledged is.
        """
        stages = self._desk.counters.begin(traced=self._desk.tracer is not None)
        try:
            message = read_message(text)
            stages.done(Stage.READ)
            said = await self._handle(message, stages)
        except (DataError, TransientError):
            last_seq = self._stream.last_seq if self._stream is not None else None
            self._refused_seq = seq_of(text) if last_seq is None else last_seq + 1
            raise
        self._refused_seq = None
        return said

    async def handle(self, message: Message) -> Said:
        """The same of a message that was read already."""
        return await self._handle(message, self._desk.counters.begin(traced=self._desk.tracer is not None))

    async def _handle(self, message: Message, stages: Stages) -> Said:
        match message:
            case Tick():
                said = self._take_tick(message)
                stages.done(Stage.ANSWER)
                await self._durable()
                stages.done(Stage.JOURNAL)
            case Ticks():
                batches = self._take(message)
                await self._durable()
                stages.done(Stage.JOURNAL)
                said = Said(orjson.dumps(answers.acknowledgement(batches, message.last_seq)))
                stages.done(Stage.ANSWER)
            case Start():
                self._start(message)
                said = self._stands("started")
                await self._durable()
            case Resume():
                self.is_pipelined = message.is_pipelined
                said = self._stands("resumed", message.acknowledged)
                await self._durable()  # a killed endpoint may have written what nobody has synced
            case BackFill():
                self._back_fill(message)
                said = Said(orjson.dumps({"type": "backfilling", "ticks": len(message.columns.ts_us)}))
            case BackFilled():
                self._back_filled()
                said = self._stands("backfilled")
                await self._durable()
        stages.finish()
        tracer = self._desk.tracer
        if tracer is not None and stages.spans and stages.passed(Stage.SCORE):
            day = self.day.trading_day.isoformat()
            told = {"symbol": self.day.symbol, "trading_day": day, "signal_id": stages.signal_id}
            asyncio.get_running_loop().call_soon(tracer.event, stages.spans, told)  # when the answer is out
        return said

    def knows(self, ticks: Ticks) -> bool:
        """Whether a message's first tick was accepted before."""
        stream = self._standing()
        return stream is not None and stream.last_seq is not None and ticks.first_seq <= stream.last_seq

    def leave(self) -> None:
        """The client is gone: a back-fill that it has not finished is void."""
        self._refused_seq = None
        if self._filling is not None:
            self._filling.close()
            self._filling = None

    def close(self) -> None:
        for stream in (self._stream, self._filling):
            if stream is not None:
                stream.close()
        self._stream = self._filling = None

    def _start(self, start: Start) -> None:
        if self.named != self.day:
            raise DataError(
                f"{self.named} is over, and its feed has turned to {self.day}. Expected `start` under that name, "
                "or `resume`"
            )
        self.close()
        self.is_pipelined = start.is_pipelined
        self._stream = DayStream.begin(self._desk, self.day, complete=start.complete, rolls=start.rolls)

    async def _durable(self) -> None:
        if self._stream is not None:
            await self._stream.durable()

    def _take_tick(self, tick: Tick) -> Said:
        """One tick, on the short way where it is the usual next one."""
        stream, now_us = self._stream, self._desk.now_us()
        if stream is not None and not stream.is_broken and stream.expects(tick, now_us):
            code, signals = stream.take_tick(tick, now_us)
        else:
            (batch,) = self._take(tick.as_ticks())
            code, signals = int(batch.codes[0]), batch.signals[0] if batch.signals else []
        if self.is_pipelined:
            return answers.tick_acknowledged(tick.seq, code, signals)
        return Said(answers.tick(tick.seq, code, signals))

    def _take(self, ticks: Ticks) -> list[Batch]:
        """The batches that hold these ticks, new or known; one a day that they belong to."""
        stream = self._standing() or DayStream.begin(self._desk, self.day, complete=False, rolls=True)
        self._stream = stream
        if stream.last_seq is not None and ticks.first_seq <= stream.last_seq:
            return self._known(stream, ticks)
        if self._refused_seq not in (None, ticks.first_seq):
            raise DataError(
                f"Field 'seq': Expected {self._refused_seq}, as the message before was refused, was "
                f"{ticks.first_seq}; send anew from there, or say `resume` to leave a gap"
            )
        parts = self._by_day(stream, ticks)
        for day, _ in parts[1:]:
            if day in self._taken:
                raise TransientError(
                    f"{day} has a client already. Expected one, was a second that comes from {self.day}"
                )
        batches = []
        for day, part in parts:
            if day != self.day:
                stream = self._turned(stream, day, part.first_seq)
            if len(part):
                batches.append(stream.take(part.first_seq, part.columns))
        return batches

    def _by_day(self, stream: DayStream, ticks: Ticks) -> list[tuple[SymbolDay, Ticks]]:
        """A message's ticks, cut where they turn the day; there may be none of the day that they turn from."""
        latest_us = self._desk.now_us() + self._desk.skew_us
        day, last_us = self.day, stream.live.last_us
        parts = []
        while stream.rolls and (turned := turn(day, last_us, ticks.columns, latest_us)) is not None:
            at, later = turned
            parts.append((day, Ticks(ticks.first_seq, ticks.columns.at(slice(at)))))
            ticks = Ticks(ticks.first_seq + at, ticks.columns.at(slice(at, None)))
            day, last_us = later, None
        return [*parts, (day, ticks)]

    def _known(self, stream: DayStream, ticks: Ticks) -> list[Batch]:
        """What became of a message that comes again, its answer lost."""
        known = [each for each in stream.since(ticks.first_seq - 1) if each.first_seq <= ticks.last_seq]
        if known and (known[0].first_seq, known[-1].last_seq) == (ticks.first_seq, ticks.last_seq):
            before = RawColumns.joined([each.ticks for each in known])
            if before.as_bytes() == ticks.columns.as_bytes():
                return known
        raise DataError(
            f"Field 'seq': Expected {(stream.last_seq or 0) + 1}, the next tick, was {ticks.first_seq}; "
            "what was accepted may come again only as it came before"
        )

    def _turned(self, stream: DayStream, day: SymbolDay, seq: int) -> DayStream:
        """Begin a later day, complete where no tick is missing between the two."""
        is_next = stream.last_seq is not None and seq == stream.last_seq + 1
        self._stream = stream.turned(day, complete=is_next)
        self.day = self.named = day
        return self._stream

    def _back_fill(self, message: BackFill) -> None:
        stream = self._standing()
        if stream is None or stream.live.complete:
            raise DataError(
                f"{self.day}: Expected ticks to fill in an incomplete day, was a complete or empty one"
            )
        if self._filling is None:
            self._filling = DayStream.begin(
                self._desk, self.day, complete=True, rolls=stream.rolls, fills=True
            )
        self._filling.back_fill(message.columns)

    def _back_filled(self) -> None:
        """Take the ticks of the incomplete stream in behind the filled ones; the filled stream is the day's now."""
        if self._stream is None or self._filling is None:
            raise DataError(f"{self.day}: Expected `backfill` before `backfilled`, was none")
        for batch in self._stream.batches():
            self._filling.replay(batch)
        self._filling.finished(self._stream)
        self._stream.close()
        self._stream, self._filling = self._filling, None

    def _standing(self) -> DayStream | None:
        """The day's stream, from its journal where this process has none that is whole."""
        if self._stream is not None and self._stream.is_broken:
            self.close()
        if self._stream is None:
            journaled = self._desk.journals.newest(self.day)
            if journaled is not None:
                if journaled.is_sealed:
                    raise DataError(f"{self.day} is sealed. Expected ticks of a day that is open, or `start`")
                self._stream = DayStream.resume(self._desk, self.day, journaled)
        return self._stream

    def _stands(self, kind: str, acknowledged: int | None = None) -> Said:
        """Where the stream stands, and what was said of ticks after `acknowledged`."""
        stream = self._standing()
        last_seq = None if stream is None else stream.last_seq
        told: dict[str, Any] = {
            "type": kind,
            "last_seq": last_seq,
            "complete": stream is not None and stream.live.complete,
            "trading_day": self.day.trading_day.isoformat(),
            "window": WINDOW,
            "most_ticks": MOST_TICKS,
        }
        if stream is not None and acknowledged is not None:
            since = answers.acknowledgement(stream.since(acknowledged), last_seq, acknowledged)
            told |= {"signals": since["signals"], "not_clean": since["not_clean"]}
        return Said(orjson.dumps(told))
