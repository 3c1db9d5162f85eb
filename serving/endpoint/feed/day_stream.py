"""One stream of a symbol-day: its state and its journal, which move together or not at all."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain
from typing import Any, Self

from serving.endpoint.feed.desk import Desk
from serving.endpoint.feed.live_day import BACK_FILLED, LiveDay
from serving.endpoint.feed.messages import Tick
from serving.endpoint.feed.signal_hub import Published, event_id
from serving.endpoint.journal.day_journal import DayJournal
from serving.endpoint.journal.room import JournalFullError
from serving.endpoint.telemetry.logs import log_signal
from serving.endpoint.telemetry.stages import Stage
from ticklake_assets.core.cleaning import RawColumns
from ticklake_assets.core.errors import DataError
from ticklake_assets.core.features import KERNEL_VERSION
from ticklake_assets.core.quotes import RULES_VERSION
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.journal.reading import JournaledDay, read_journal
from ticklake_assets.journal.records import NO_SEQ, Batch, pack, pack_tick, unpack

_IN_HINDSIGHT = (BACK_FILLED,)
_RECENT = 64
"""Last batches kept in memory, for what is sent again; earlier ones are read from the journal."""


class DayStream:
    """`begin` starts one, `resume` goes on with one that a journal holds, to the same bits.

    A stream that failed to journal is of no use any more (`is_broken`): its state is ahead of its journal.
    """

    def __init__(self, desk: Desk, live: LiveDay, journal: DayJournal, said: set[str]) -> None:
        self.live = live
        self.last_seq: int | None = None
        self.is_broken = False
        self._desk = desk
        self._counted = desk.counters.of(live.day.symbol)
        self._journal = journal
        self._said = said
        """Signals of the day that subscribers have."""
        self._untold: list[dict[str, Any]] = []
        """Signals that wait until they are durable."""
        self._recent: deque[bytes] = deque(maxlen=_RECENT)
        self._was_open = live.watch is not None and live.watch.breaker.is_open

    @classmethod
    def begin(cls, desk: Desk, day: SymbolDay, *, complete: bool, rolls: bool, fills: bool = False) -> Self:
        """Begin the day anew: its next tick is the day's first where it is `complete`.

        One that `fills` an incomplete stream counts once it is `finished`.
        """
        said = _said_in(desk.journals.streams(day))
        journal = desk.journals.begin(day, fills=fills, complete=complete, rolls=rolls, last_seq=None)
        watch = None if fills else desk.watches.begin(day)
        stream = cls(desk, LiveDay(day, desk.models, watch, complete=complete), journal, said)
        stream.live.is_recorded = not rolls
        return stream

    def turned(self, day: SymbolDay, *, complete: bool) -> DayStream:
        """Seal the day that is over and begin a later one, whose ticks go on with this one's numbers."""
        desk = self._desk
        try:
            self._journal.durable_now()
        except OSError as error:
            self._refused(error)
            raise
        self._tell()
        before = self.live.day.trading_day.isoformat()
        journal = desk.journals.begin(
            day, complete=complete, rolls=True, last_seq=self.last_seq, turned_from=before
        )
        self._end_watch(day_is_over=True)
        live = LiveDay(day, desk.models, desk.watches.begin(day), complete=complete)
        begun = DayStream(desk, live, journal, set())
        begun.last_seq = self.last_seq
        begun._recent.extend(self._recent)
        self._journal.control("rolled", to=day.trading_day.isoformat())
        self._journal.seal()
        return begun

    @classmethod
    def resume(cls, desk: Desk, day: SymbolDay, journaled: JournaledDay) -> Self:
        """Go on where a killed or stopped endpoint was.

        Raises:
            DataError: the journal is of another kernel or other rules; the day can only be begun anew.
        """
        told = journaled.header
        for name, today in (("kernel_version", KERNEL_VERSION), ("rules_version", RULES_VERSION)):
            if told[name] != today:
                raise DataError(
                    f"{day}: the journal was written by {name} {told[name]}. Expected {today}: begin the day anew "
                    "with `start`"
                )
        live = LiveDay(day, desk.models, desk.watches.begin(day), complete=journaled.complete)
        batches = list(journaled.batches)
        live.follow(batches)
        said = _said_in((journaled, *desk.journals.streams(day, but=journaled.path)))
        stream = cls(desk, live, desk.journals.go_on(journaled), said)
        numbered = [batch for batch in batches if batch.first_seq != NO_SEQ]
        live.is_recorded = not told["rolls"]
        stream.last_seq = numbered[-1].last_seq if numbered else told["last_seq"]
        stream._recent.extend(map(pack, numbered[-_RECENT:]))
        return stream

    def take(self, first_seq: int, ticks: RawColumns) -> Batch:
        """Take the next ticks in and remember them; a gap before them makes the day incomplete.

        Raises:
            OSError, JournalFullError: they cannot be remembered, so they count as never seen.
        """
        if self.last_seq is not None and first_seq != self.last_seq + 1:
            self.live.complete = False
        stages = self.live.stages = self._desk.counters.message
        batch = self.live.take(first_seq, ticks, self._desk.now_us(), self._desk.skew_us)
        self._write(pack(batch))
        stages.done(Stage.JOURNAL)
        self.last_seq = batch.last_seq
        self._counted.took(batch)
        self._untold.extend(_sent((batch,)))
        return batch

    def take_tick(self, tick: Tick, now_us: int) -> tuple[int, list[dict[str, Any]]]:
        """Take one tick in, the usual next one of an open day: the verdict on it, and a signal a model.

        `take` of a column of it says and writes the same; this way is the one without arrays.
        """
        stages = self.live.stages = self._desk.counters.message
        code, event = self.live.take_tick(tick, now_us)
        if event is None:
            signals = []
            self._write(pack_tick(now_us, tick, code))
        else:
            signals = self.live.signals(tick.seq, event)
            self._write(pack_tick(now_us, tick, code, (event.ts_us, event.features), signals))
        stages.done(Stage.JOURNAL)
        self.last_seq = tick.seq
        self._counted.took_tick(code, signals, event=event is not None)
        self._untold += signals[:1]
        return code, signals

    def expects(self, tick: Tick, now_us: int) -> bool:
        """Whether a tick is the usual next one: of this day, not ahead of the clock, with the next number."""
        return (
            tick.seq - 1 == self.last_seq
            and tick.ts_us < self.live.day.end_us
            and tick.ts_us <= now_us + self._desk.skew_us
        )

    def back_fill(self, ticks: RawColumns) -> None:
        """Take ticks in that nobody waits for: they have no number, and their signals come too late to be told."""
        desk = self._desk
        self._write(pack(self.live.take(NO_SEQ, ticks, desk.now_us(), desk.skew_us, _IN_HINDSIGHT)))

    def replay(self, batch: Batch) -> None:
        """Take the ticks of another stream of this day in, under their numbers and times."""
        if self.last_seq is not None and batch.first_seq != self.last_seq + 1:
            self.live.complete = False
        skew_us = self._desk.skew_us
        again = self.live.take(batch.first_seq, batch.ticks, batch.received_us, skew_us, _IN_HINDSIGHT)
        self._write(pack(again))
        self.last_seq = batch.last_seq

    def since(self, seq: int) -> Iterator[Batch]:
        """What became of ticks after `seq`, those of the days before too, as far as journals hold them."""
        recent = map(unpack, tuple(self._recent))
        first = next(recent, None)
        if first is not None and first.first_seq <= seq + 1:
            known: Iterator[Batch] = chain((first,), recent)
        else:
            known = self._journaled_since(seq)
        return (batch for batch in known if batch.first_seq != NO_SEQ and batch.last_seq > seq)

    def _journaled_since(self, seq: int) -> Iterator[Batch]:
        """This day's batches, behind those of the days that it was turned from where these have ticks after `seq`."""
        days = [read_journal(self._journal.path)]
        while (told := days[0].header).get("turned_from") is not None and told["last_seq"] > seq:
            day = SymbolDay(self.live.day.symbol, date.fromisoformat(told["turned_from"]))
            if (before := self._desk.journals.newest(day)) is None:
                break
            days.insert(0, before)
        return (batch for day in days for batch in day.batches)

    def batches(self) -> Iterator[Batch]:
        """Everything that it took in."""
        return read_journal(self._journal.path).batches

    @property
    def rolls(self) -> bool:
        """Whether a tick of a later day turns the day."""
        return not self.live.is_recorded

    async def durable(self) -> None:
        """Wait until what was taken in is as durable as the setting says, then tell those who read signals.

        Raises:
            OSError: it is not, and counts as never seen.
        """
        try:
            await self._journal.durable()
        except OSError as error:
            self._refused(error)
            raise
        self._tell()

    def finished(self, filled: Self) -> None:
        """From now on this stream is the day's, not the one that it filled; it watches on."""
        self._journal.finish()
        self.live.watch, filled.live.watch = filled.live.watch, None

    def close(self) -> None:
        self._end_watch(day_is_over=False)
        self._journal.close()

    def _end_watch(self, *, day_is_over: bool) -> None:
        """Keep what the watch knows for the next day; of a broken stream the journal tells it again."""
        if self.live.watch is not None and not self.is_broken:
            self._desk.watches.end(self.live.watch, day_is_over=day_is_over)

    def _write(self, packed: bytes) -> None:
        try:
            self._journal.batch(packed)
        except (OSError, JournalFullError) as error:
            self._refused(error)
            raise
        self._recent.append(packed)
        watch = self.live.watch
        if watch is not None and watch.breaker.is_open is not self._was_open:
            self._was_open = watch.breaker.is_open
            if self._was_open and watch.feed.is_live:  # of a replay nobody need be called
                text = "Its signals abstain until it closes: ask GET /v1/breakers for the reason"
                self._desk.notices.notify("breaker open", self.live.day.symbol, text)

    def _refused(self, error: OSError | JournalFullError) -> None:
        """The state is ahead of the journal, and people are told."""
        self.is_broken = True
        self._desk.notices.notify("journal refuses ticks", self.live.day.symbol, str(error))

    def _tell(self) -> None:
        for signal in self._untold:
            self._publish(signal)
        self._untold.clear()

    def _publish(self, signal: dict[str, Any]) -> None:
        if signal["signal_id"] not in self._said:
            self._said.add(signal["signal_id"])
            log_signal(signal)
            self._desk.counters.message.signal_id = signal["signal_id"]
            day = self.live.day
            named = event_id(day.trading_day.isoformat(), self._journal.path.stem, signal["seq"])
            self._desk.hub.publish(day.symbol, Published(named, signal))


def _said_in(streams: Iterable[JournaledDay]) -> set[str]:
    """Ids of the signals that subscribers have had from these."""
    return {signal["signal_id"] for each in streams for signal in _sent(each.batches)}


def _sent(batches: Iterable[Batch]) -> Iterator[dict[str, Any]]:
    """The signals that were answered: the champion's."""
    return (signals[0] for batch in batches for signals in batch.signals if signals)
