"""A day driven through a watch as a live day does it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from serving.endpoint.models.model import Model
from serving.endpoint.watch.watch import Watch
from ticklake_assets.core.live_replay import replay_day
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures, Quotes
from ticklake_assets.modeling.deployed.decision import Decision, MarketEvent, decide
from ticklake_assets_tests.core.quote_builders import random_quotes

DAY = SymbolDay("SYNEUR", date(2024, 1, 17))
REPLAYED_AT_US = DAY.start_us + 10**13
"""Long after the day: no tick of it is live."""


class Watched(NamedTuple):
    """One event, what the model decided, and all that its signal abstained for."""

    decision: Decision
    abstain: tuple[str, ...]


def quotes_of(day: SymbolDay = DAY, count: int = 3000, seed: int = 1) -> Quotes:
    """Few ticks that move as much as many, over most of the day."""
    return random_quotes(count, seed, day, gap_ms=20_000)


def drive(
    watch: Watch,
    model: Model,
    quotes: Quotes,
    received_us: int | None = None,
    events: DayFeatures | None = None,
) -> Iterator[Watched]:
    """Feed clean quotes and score their events; each is received when it was made, or all at one moment."""
    found = events or replay_day(watch.day, zip(*(column.tolist() for column in quotes), strict=True))
    rows = {ts_us: row for row, ts_us in enumerate(found.ts_us.tolist())}
    bundle = model.deployment.bundle
    last = {ts_us: place for place, ts_us in enumerate(quotes.ts_us.tolist())}
    for place, (ts_us, bid, ask) in enumerate(
        zip(quotes.ts_us.tolist(), quotes.bid.tolist(), quotes.ask.tolist(), strict=True)
    ):
        watch.tick(ts_us, received_us or ts_us + 1000, bid, ask, "clean")
        if ts_us in rows and last[ts_us] == place:
            row = rows[ts_us]
            event = MarketEvent.at(ts_us, found.context[row], bundle.instrument)
            prediction = model.scorer.score(found.features[row])
            decision = decide(event, prediction, bundle.thresholds, bundle.instrument)
            abstain = watch.reasons() + decision.abstain
            watch.event(event, found.features[row], prediction, decision.side, abstain, model.digest)
            yield Watched(decision, abstain)
