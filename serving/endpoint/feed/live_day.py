"""The state of one symbol-day: clean ticks, advance the kernel, score events. It writes nothing and answers nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from serving.endpoint.feed.messages import Tick
from serving.endpoint.feed.signals import make_signal
from serving.endpoint.models.model import STALE_MODEL
from serving.endpoint.models.store import ModelStore
from serving.endpoint.telemetry.stages import Stage, Stages
from serving.endpoint.watch.watch import Watch
from ticklake_assets.core import rule_kernel
from ticklake_assets.core.cleaning import RawColumns
from ticklake_assets.core.errors import DataError
from ticklake_assets.core.features import advance, empty_events, new_state
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.labels import day_end_us
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Bytes, DayFeatures, Floats, Ints
from ticklake_assets.journal.records import Batch
from ticklake_assets.journal.verdicts import FUTURE
from ticklake_assets.modeling.deployed.decision import MarketEvent

INCOMPLETE_DAY = "incomplete_day"
"""Abstention: not every tick of the day was seen, so the features are not the batch's."""
BACK_FILLED = "back_filled"
"""Abstention: the event lies behind; the signal was made so that the journal is whole, and is told to nobody."""
_NOT_OF_THE_MARKET = frozenset((INCOMPLETE_DAY, BACK_FILLED))
_CHUNK = 8192
"""Most ticks at once, which bounds memory and cannot change a bit."""


class Judged(NamedTuple):
    codes: Bytes
    event_rows: Ints
    """Places of the ticks that made events: the first kept one of its time."""
    events: DayFeatures


class LiveDay:
    """Everything that the day's ticks changed so far; constant memory, whatever their number."""

    def __init__(
        self, day: SymbolDay, models: ModelStore, watch: Watch | None = None, *, complete: bool
    ) -> None:
        self.day = day
        self.watch = watch
        """None where nobody acts on the signals: a day that is filled in."""
        self.complete = complete
        """Whether every tick since the day's first was seen."""
        self.is_recorded = False
        """Whether the stream is a file of one day: its signals are then those of a backtest."""
        self._instrument = instrument_of(day.symbol)
        self._day_end_us = day_end_us(day, self._instrument)
        self._models = models
        self._rules, self._seen = rule_kernel.new_state()
        self._features = new_state()
        self._room = empty_events(1)
        self._event = empty_events(1)
        self.stages = Stages({})
        """The stop-watch of the message whose ticks are taken."""
        self._quote = (np.empty(1, np.int64), *(np.empty(1) for _ in range(4)))

    @property
    def last_us(self) -> int | None:
        """Time of the last well-formed tick, epoch microseconds; None before the first."""
        return int(self._rules[rule_kernel.LAST_US]) or None

    def take(
        self,
        first_seq: int,
        ticks: RawColumns,
        received_us: int,
        skew_us: int,
        withheld: tuple[str, ...] = (),
    ) -> Batch:
        """Take the day's next ticks in: which are clean, which made events, and what the models say of these.

        A tick more than `skew_us` ahead of `received_us` is refused as `future` and changes nothing. `withheld` are
        reasons for all signals to abstain.
        """
        ahead = ticks.ts_us > received_us + skew_us
        ahead &= ticks.missing & rule_kernel.NO_TIME == 0
        codes, rows, events = self.judge(ticks, ahead if ahead.any() else None)
        signals = [
            self.signals(first_seq + row, events, at, withheld)
            for at, row in self._watched(ticks, codes, rows, received_us)
        ]
        return Batch(first_seq, received_us, ticks, codes, rows.astype(np.uint32), *events[::2], signals)

    def take_tick(self, tick: Tick, received_us: int) -> tuple[int, DayFeatures | None]:
        """The verdict on the day's next tick, and the event that it made: what `judge` says of a column of it."""
        _, ts_us, bid, ask, bid_size, ask_size, missing = tick
        state, bounds = self._rules, (self.day.start_us, self.day.end_us)
        code = rule_kernel.judge_tick(
            state, self._seen, *bounds, ts_us, bid, ask, bid_size, ask_size, missing
        )
        if 2 * state[rule_kernel.IN_TIME] >= len(self._seen):
            self._seen = rule_kernel.grown(state, self._seen)
        self.stages.done(Stage.CLEAN)
        if code != rule_kernel.KEPT:
            return code, None
        for column, value in zip(self._quote, tick[1:6], strict=True):
            column[0] = value  # a missing size is 0 already
        if self.watch is not None:
            self.watch.tick(ts_us, received_us, bid, ask, "clean")
        count = advance(self._features, bounds[0], *self._quote, *self._event)
        self.stages.done(Stage.FEATURES)
        return code, self._event if count else None

    def follow(self, batches: list[Batch]) -> None:
        """Bring the day to where journaled batches left it, without scoring anything again.

        Raises:
            DataError: today's rules or kernel make something else of the ticks than is written.
        """
        if not batches:
            return
        ticks = RawColumns.joined([batch.ticks for batch in batches])
        written = np.concatenate([batch.codes for batch in batches])
        codes, rows, events = self.judge(ticks, written == FUTURE)
        starts = np.cumsum([0, *(len(batch.codes) for batch in batches)])
        event_rows = [batch.event_rows + start for batch, start in zip(batches, starts[:-1], strict=True)]
        if not (np.array_equal(codes, written) and np.array_equal(rows, np.concatenate(event_rows))):
            raise DataError(
                f"{self.day}: the journal's ticks are judged differently today. Expected the verdicts that were "
                "answered, were others; begin the day anew with `start`"
            )
        self._watch_again(batches, events)

    def judge(self, ticks: RawColumns, ahead: Any = None) -> Judged:
        """Clean ticks and advance the kernel; of `ahead`, a mask, nothing is seen."""
        if ahead is not None:
            return self._judge_without(ticks, ahead)
        parts = [self._judge(ticks.at(slice(at, at + _CHUNK))) for at in range(0, len(ticks.ts_us), _CHUNK)]
        if len(parts) == 1:
            return parts[0]
        rows = [part.event_rows + at * _CHUNK for at, part in enumerate(parts)]
        events = (np.concatenate(column) for column in zip(*(part.events for part in parts), strict=True))
        return Judged(
            np.concatenate([part.codes for part in parts]), np.concatenate(rows), DayFeatures(*events)
        )

    def _judge_without(self, ticks: RawColumns, ahead: Any) -> Judged:
        """As if the ticks of the mask had not come."""
        seen = np.flatnonzero(~ahead)
        judged = (
            self.judge(ticks.at(seen)) if len(seen) else Judged(np.empty(0, np.int8), seen, empty_events(0))
        )
        codes = np.full(len(ahead), FUTURE, np.int8)
        codes[seen] = judged.codes
        return Judged(codes, seen[judged.event_rows], judged.events)

    def _judge(self, ticks: RawColumns) -> Judged:
        rows = len(ticks.ts_us)
        codes, unchanged, gap_us = np.empty(rows, np.int8), np.empty(rows, np.bool_), np.empty(rows, np.int64)
        columns = ticks.for_the_kernel()
        self._seen = rule_kernel.judge_columns(
            self._rules,
            self._seen,
            self.day.start_us,
            self.day.end_us,
            *columns,
            codes,
            unchanged,
            gap_us,
        )
        self.stages.done(Stage.CLEAN)
        kept = np.flatnonzero(codes == rule_kernel.KEPT)
        if not len(kept):
            return Judged(codes, kept, empty_events(0))
        quotes = columns if len(kept) == rows else columns.at(kept)
        if quotes.missing.any():  # the batch writes 0 for a size that was not delivered
            quotes = quotes._replace(
                bid_size=np.where(quotes.missing & rule_kernel.NO_BID_SIZE, 0.0, quotes.bid_size),
                ask_size=np.where(quotes.missing & rule_kernel.NO_ASK_SIZE, 0.0, quotes.ask_size),
            )
        if len(kept) > len(self._room.ts_us):
            self._room = empty_events(len(kept))
        count = advance(self._features, self.day.start_us, *quotes[:5], *self._room)
        self.stages.done(Stage.FEATURES)
        events = self._room.head(count)
        # Only the first quote of a time makes an event.
        return Judged(codes, kept[np.searchsorted(quotes.ts_us, events.ts_us)], events)

    def _watched(
        self, ticks: RawColumns, codes: Bytes, rows: Ints | NDArray[np.uint32], received_us: int
    ) -> Iterator[tuple[int, int]]:
        """Events by their number and their tick's place; the watch has seen what is clean up to there."""
        clean, seen = np.flatnonzero(codes == rule_kernel.KEPT), 0
        watch = self.watch if len(clean) else None
        if watch is not None:
            watch.message(int(ticks.ts_us[clean[-1]]), received_us)
        for at, row in enumerate(rows.tolist()):
            if watch is not None:
                end = int(np.searchsorted(clean, row, "right"))
                self._see(watch, ticks, clean[seen:end])
                seen = end
            yield at, row
        if watch is not None:
            self._see(watch, ticks, clean[seen:])

    def _see(self, watch: Watch, ticks: RawColumns, places: Ints) -> None:
        watch.ticks(ticks.ts_us[places], ticks.bid[places], ticks.ask[places])

    def _watch_again(self, batches: list[Batch], events: DayFeatures) -> None:
        """Show the watch what it saw, message by message, with the signals that were made."""
        if self.watch is None:
            return
        first = 0
        for batch in batches:
            for at, _ in self._watched(batch.ticks, batch.codes, batch.event_rows, batch.received_us):
                if batch.signals:
                    self._tell_watch(
                        self._market_event(events, first + at), batch.features[at], batch.signals[at]
                    )
            first += len(batch.event_rows)

    def _tell_watch(self, event: MarketEvent, features: Floats, signals: list[dict[str, Any]]) -> None:
        """The champion's word; of a day with holes the features are not the market's, and say nothing of a drift."""
        if self.watch is not None and signals and not _NOT_OF_THE_MARKET.intersection(signals[0]["abstain"]):
            self.watch.signalled(event, features, signals[0])

    def _market_event(self, events: DayFeatures, at: int) -> MarketEvent:
        return MarketEvent.at(int(events.ts_us[at]), events.context[at], self._instrument)

    def signals(
        self, seq: int, events: DayFeatures, at: int = 0, withheld: tuple[str, ...] = ()
    ) -> list[dict[str, Any]]:
        """What each model of the symbol says of an event, the champion first."""
        if not self.complete:
            withheld = (INCOMPLETE_DAY, *withheld)
        if self.watch is not None:
            withheld += self.watch.reasons(recorded=self.is_recorded)
        event, signals = self._market_event(events, at), []
        for model in self._models.of(self.day.symbol):
            prediction = model.scorer.score(events.features[at])
            self.stages.done(Stage.SCORE)
            signal = make_signal(
                model,
                self._instrument,
                event,
                prediction,
                seq=seq,
                day_end_us=self._day_end_us,
                withheld=(*withheld, STALE_MODEL) if model.stale(event.ts_us) else withheld,
            )
            signals.append(signal)
            self.stages.done(Stage.DECIDE)
        self._tell_watch(event, events.features[at], signals)
        return signals
