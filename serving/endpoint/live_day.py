"""The state of one symbol-day: clean a tick, advance the kernel, score its event, journal, answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from serving.endpoint.counters import Counters
from serving.endpoint.messages import TickMessage
from serving.endpoint.model_store import Model, ModelStore
from serving.endpoint.served_journal import ServedJournal
from ticklake_assets.core.features import FEATURES, advance, new_state
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.labels import day_end_us
from ticklake_assets.core.live_cleaner import CleanQuote, LiveCleaner
from ticklake_assets.core.schemas import CONTEXT
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.modeling.deployed.decision import MarketEvent, decide, signal_id

INCOMPLETE_DAY = "incomplete_day"
"""Abstention: not every tick of the day was seen, so the features are not the batch's."""
_SIDES = {1: "long", -1: "short", 0: "none"}


class LiveDay:
    """Everything that the day's ticks changed so far; constant memory but for the journal on disk."""

    def __init__(
        self, day: SymbolDay, models: ModelStore, counters: Counters, served: Path, *, complete: bool
    ) -> None:
        self.day = day
        self.complete = complete
        """Whether every tick since the day's first was seen."""
        self._instrument = instrument_of(day.symbol)
        self._day_end_us = day_end_us(day, self._instrument)
        self._models = models
        self._counters = counters
        self._journal = ServedJournal(served, day, complete=complete)
        self._cleaner = LiveCleaner(day)
        self._state = new_state()
        # The kernel takes columns: these hold one quote and at most one event.
        self._ts, self._out_ts = np.empty(1, dtype=np.int64), np.empty(1, dtype=np.int64)
        self._bid, self._ask, self._bid_size, self._ask_size = (np.empty(1) for _ in range(4))
        self._context, self._features = np.empty((1, len(CONTEXT))), np.empty((1, len(FEATURES)))

    def tick(self, tick: TickMessage) -> dict[str, Any]:
        """Take the next tick in; its answer holds a signal where it made an event and there is a model."""
        self._counters.ticks += 1
        verdict = self._cleaner.push(tick.ts_us, tick.bid, tick.ask, tick.bid_size, tick.ask_size)
        signal = None
        if verdict.quote is not None:
            if self._advance(verdict.quote):
                signal = self._event()
        elif verdict.rule is None:
            self._counters.late += 1
        else:
            self._counters.quarantined[verdict.rule] += 1
        return {"seq": tick.seq, "status": verdict.status, "rule": verdict.rule, "signal": signal}

    def lose(self, seq: int) -> None:
        """Note that ticks before `seq` never came."""
        if self.complete:
            self.complete = False
            self._journal.incomplete(seq)

    def close(self) -> None:
        self._journal.close()

    def _advance(self, quote: CleanQuote) -> bool:
        """Feed the kernel one quote; whether it made an event."""
        self._ts[0], self._bid[0], self._ask[0] = quote.ts_us, quote.bid, quote.ask
        self._bid_size[0], self._ask_size[0] = quote.bid_size, quote.ask_size
        count = advance(
            self._state,
            self.day.start_us,
            self._ts,
            self._bid,
            self._ask,
            self._bid_size,
            self._ask_size,
            self._out_ts,
            self._context,
            self._features,
        )
        return bool(count)

    def _event(self) -> dict[str, Any] | None:
        """Score the event with every model of the symbol and journal it; the live model's signal is sent."""
        event = MarketEvent.at(int(self._out_ts[0]), self._context[0], self._instrument)
        signals = [self._signal(event, model) for model in self._models.of(self.day.symbol)]
        self._journal.event(event.ts_us, self._features[0], signals)
        self._counters.predictions += len(signals)
        self._counters.signals += bool(signals)
        return signals[0] if signals else None

    def _signal(self, event: MarketEvent, model: Model) -> dict[str, Any]:
        thresholds = model.deployment.bundle.thresholds
        prediction = model.scorer.score(self._features[0])
        decision = decide(event, prediction, thresholds, self._instrument)
        unseen = () if self.complete else (INCOMPLETE_DAY,)
        return {
            "signal_id": signal_id(model.digest, self.day.symbol, event.ts_us, decision.side),
            "symbol": self.day.symbol,
            "ts_us": event.ts_us,
            "side": _SIDES[decision.side],
            "p_short": prediction.p_short,
            "p_neither": prediction.p_neither,
            "p_long": prediction.p_long,
            "threshold": thresholds.act,
            "anomaly": prediction.anomaly,
            "abstain": unseen + decision.abstain,
            "earliest_entry_us": decision.earliest_entry_us,
            "stop": decision.stop if decision.side else None,
            "target": decision.target if decision.side else None,
            "horizon_end_us": decision.horizon_end_us,
            "day_end_us": self._day_end_us,
            "tradable": model.deployment.tradable,
            "bundle": model.digest,
        }
