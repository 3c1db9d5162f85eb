"""A symbol's watch over one day: feed, drift, outcomes, and the breaker that they open.

    watch = watches.begin(day)
    watch.tick(ts_us, received_us, bid, ask, status)         # every tick, some 1 us
    abstain = (*watch.reasons(), ...)                        # of every signal from here on
    watch.event(event, features, prediction, side, abstain, digest)   # or watch.signalled(event, features, signal)

    watch.message(newest_us, received_us)                    # or a message of many ticks, and then
    watch.ticks(ts_us, bid, ask)                             # its clean ones up to each event, with the same state

Nothing in it looks at a clock: the same ticks with the same received times leave the same state, so that a day rebuilt
from its journal has the same breaker. A day begins with the windows and the breaker of the day before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from math import nan
from typing import Any

import numpy as np

from serving.endpoint.models.model import Model
from serving.endpoint.watch.breaker import BREAKER, Breaker, Hand, Trouble
from serving.endpoint.watch.drift import Drift, WindowState
from serving.endpoint.watch.feed import Feed
from serving.endpoint.watch.hands import Hands
from serving.endpoint.watch.limits import GAP, MINUTE_US, SCORES, SECOND_US, SKEW, SPREAD, STALE, STRANGE
from serving.endpoint.watch.outcomes import Outcomes, Totals
from serving.endpoint.watch.report import WatchReport
from serving.endpoint.watch.told import told
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Floats, Ints
from ticklake_assets.modeling.deployed.decision import MarketEvent, Prediction
from ticklake_assets.modeling.deployed.document import Document
from ticklake_assets.modeling.deployed.reference import SCORES as SCORE_NAMES

EVENTS, LEAST_EVENTS = 512, 200
"""About a day's: a shorter window would call every night a drift."""
MINUTES, LEAST_MINUTES = 1440, 240
SETTLE_US = 15 * MINUTE_US
"""Orders' ends are worked out this seldom: one call takes most of a millisecond, however many orders it is of."""


_SIDES = {"long": 1, "short": -1, "none": 0}


class WatchState(Document):
    """What a day hands to the next."""

    troubles: tuple[Trouble, ...] = ()
    hand: Hand | None = None
    hands_until_us: int = -1
    model: str | None = None
    events: WindowState | None = None
    minutes: WindowState | None = None
    totals: Totals = Totals()


class Watch:
    """The state of a symbol-day's watch; constant memory."""

    def __init__(
        self,
        day: SymbolDay,
        champion: Callable[[], Model | None],
        hands: Hands,
        before: WatchState | None = None,
    ) -> None:
        before = before or WatchState()
        self.day = day
        self.model: Model | None = None
        self.breaker = Breaker(before.troubles, before.hand)
        self.feed = Feed()
        self.events: Drift | None = None
        self.minutes: Drift | None = None
        self.quote: tuple[int, float, float] | None = None
        """Time, bid and ask of the last clean tick; for who looks on."""
        self._champion, self._hands, self._hands_until_us = champion, hands, before.hands_until_us
        self._instrument = instrument_of(day.symbol)
        self.outcomes = Outcomes(day, self._instrument)
        self._minute_end_us = self._settle_us = -1
        self._adopt(champion(), before)

    def tick(self, ts_us: int, received_us: int, bid: float, ask: float, status: str) -> None:
        """Take a message of one tick in; only a `clean` one says anything of the market."""
        if status != "clean":
            self._take_hands(received_us)
            return
        self.message(ts_us, received_us)
        self._one(ts_us, bid, ask)

    def message(self, newest_us: int, received_us: int) -> None:
        """Hear that a message came, before its ticks are taken in; `newest_us` is its last clean tick's time.

        Times are epoch microseconds UTC. How late a feed is, its newest tick says: the others waited for it.
        """
        if self._hands.last_us > self._hands_until_us:
            self._take_hands(received_us)
        if self.feed.heard(newest_us, received_us):
            self._see_feed(newest_us)

    def ticks(self, ts_us: Ints, bid: Floats, ask: Floats) -> None:
        """Take clean ticks in, in their order, arrays of one length."""
        at = 0
        while at < len(ts_us):
            if ts_us[at] >= self._minute_end_us:
                self._end_minute(int(ts_us[at]))
            end = at + int(np.searchsorted(ts_us[at:], self._minute_end_us))
            part = slice(at, end)
            if self.feed.columns(ts_us[part], ask[part] - bid[part]):
                self.outcomes.ticks(ts_us[part], bid[part], ask[part])
            else:
                for one in zip(ts_us[part].tolist(), bid[part].tolist(), ask[part].tolist(), strict=True):
                    self._one(*one)
            at = end
        if at:
            self.quote = int(ts_us[-1]), float(bid[-1]), float(ask[-1])

    def event(
        self,
        event: MarketEvent,
        features: Floats,
        prediction: Prediction,
        side: int,
        abstain: tuple[str, ...],
        digest: str,
    ) -> None:
        """Take the champion's word on the last tick's event in; `abstain` is all that its signal abstained for.

        What another model said, as of a journal of before a swap, belongs to other windows and is left out.
        """
        if self.model is None or digest != self.model.digest:
            self._expect_champion()
        if self.model is None or digest != self.model.digest or self.events is None:
            return
        row = self._row
        row[: len(features)] = features
        row[len(features) :] = prediction[:4]
        self.events.push(row)
        acted = side != 0 and not abstain
        tenth = bisect_left(self._strangeness, prediction.anomaly)
        self.outcomes.signal(event, side, acted=acted, tenth=tenth)

    def signalled(self, event: MarketEvent, features: Floats, signal: Mapping[str, Any]) -> None:
        """`event` from the champion's signal as it is sent and journaled, null being NaN: a rebuilt day has that."""
        short, neither, long, anomaly = (
            nan if signal[name] is None else signal[name] for name in SCORE_NAMES
        )
        said = Prediction(short, neither, long, anomaly, ())
        side, abstain = _SIDES[signal["side"]], tuple(signal["abstain"])
        self.event(event, features, said, side, abstain, signal["bundle"])

    def reasons(self, *, recorded: bool = False) -> tuple[str, ...]:
        """What every signal abstains for now; a `recorded` day is judged as a backtest: only a hand holds it back."""
        is_open = self.breaker.is_open_by_hand if recorded else self.breaker.is_open
        return (BREAKER,) if is_open else ()

    def close(self, *, day_is_over: bool) -> WatchState:
        """Work out what can be known, and give what the next day begins with."""
        self.outcomes.settle(day_is_over=day_is_over)
        if day_is_over:
            self.outcomes.give_up()
        return self.state()

    def state(self) -> WatchState:
        return WatchState(
            troubles=tuple(self.breaker.troubles.values()),
            hand=self.breaker.hand,
            hands_until_us=self._hands_until_us,
            model=self.model.digest if self.model else None,
            events=self.events.state() if self.events else None,
            minutes=self.minutes.state() if self.minutes else None,
            totals=self.outcomes.totals,
        )

    def report(self, now_us: int) -> WatchReport:
        """All that is watched, as the route answers it."""
        self._take_hands(now_us)
        return told(self, now_us)

    def as_dict(self, now_us: int) -> dict[str, Any]:
        return self.report(now_us).model_dump(mode="json")

    def _take_hands(self, until_us: int) -> None:
        for hand in self._hands.between(self._hands_until_us, until_us):
            self.breaker.take(hand)
            self._hands_until_us = hand.at_us

    def _adopt(self, model: Model | None, before: WatchState | None = None) -> None:
        """Begin the windows anew for another model; those of the day before go on where it is the same one."""
        self.model = model
        if model is None:
            self.events = self.minutes = None
            return
        reference = model.reference
        self.events = Drift(reference.events, EVENTS, LEAST_EVENTS)
        self.minutes = Drift(reference.minutes, MINUTES, LEAST_MINUTES)
        self._judged_rows, self._score_drift, self._strange = -1, nan, nan
        self._row = np.empty(len(reference.events))
        self._strangeness = reference.events[-1].edges
        self._widest_spread = reference.minutes[0].high
        goes_on = before is not None and before.model == model.digest
        self.outcomes = Outcomes(self.day, self._instrument, before.totals if before and goes_on else None)
        if before and goes_on and before.events and before.minutes:
            self.events.restore(before.events)
            self.minutes.restore(before.minutes)

    def _expect_champion(self) -> None:
        champion = self._champion()
        if champion is not self.model:
            self._adopt(champion)

    def _one(self, ts_us: int, bid: float, ask: float) -> None:
        if ts_us >= self._minute_end_us:
            self._end_minute(ts_us)
        if self.feed.tick(ts_us, ask - bid):
            self._see_feed(ts_us)
        self.outcomes.tick(ts_us, bid, ask)
        self.quote = ts_us, bid, ask

    def _see_feed(self, ts_us: int) -> None:
        see, feed = self.breaker.see, self.feed
        see(GAP, feed.gap_us / SECOND_US, ts_us)
        see(STALE, feed.late_us / SECOND_US, ts_us)
        see(SKEW, feed.early_us / SECOND_US, ts_us)

    def _end_minute(self, ts_us: int) -> None:
        """Judge the minute that ended, and begin that of this tick."""
        feed = self.feed
        self._minute_end_us = (ts_us // MINUTE_US + 1) * MINUTE_US
        self._expect_champion()
        if feed.ticks:
            self._see_feed(ts_us)
            if self.events is not None and self.minutes is not None:
                spread = feed.spread / feed.ticks / self._instrument.pip
                self.minutes.push(np.array([spread, float(feed.ticks)]))
                if self._widest_spread > 0:
                    self.breaker.see(SPREAD, spread / self._widest_spread, ts_us)
                if self.events.rows != self._judged_rows:
                    self._judged_rows = self.events.rows
                    self._score_drift = float(self.events.psi()[-len(SCORE_NAMES) :].max())
                    self._strange = float(self.events.outside()[-1])
                self.breaker.see(SCORES, self._score_drift, ts_us)
                self.breaker.see(STRANGE, self._strange, ts_us)
        feed.begin_minute()
        if ts_us >= self._settle_us:
            self._settle_us = ts_us + SETTLE_US
            self.outcomes.settle()
