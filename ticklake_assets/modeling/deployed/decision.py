"""From a scored event to a signal: the one function that validation, test and the endpoint share.

    event = MarketEvent.at(ts_us, context_row, instrument)
    decision = decide(event, scorer.score(feature_row), thresholds, instrument)

It is plain Python on plain floats, row by row: a batch runs the same code as a single event, so both give the
same bits. The act threshold lies midway between two distinct validation scores, so that a last-bit difference
of another machine's `exp` cannot flip a decision seen there.
"""

from __future__ import annotations

from hashlib import sha256
from math import isfinite
from typing import NamedTuple

from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.labels import one_barrier
from ticklake_assets.core.orders import LONG, SHORT, order_at
from ticklake_assets.core.tables import Events, Floats
from ticklake_assets.modeling.deployed.feed_rules import FeedLimit

NO_SIDE = 0
OUT_OF_DISTRIBUTION = "out_of_distribution"
"""Abstention: the anomaly model has not seen such a market."""
NOT_FINITE = "not_finite"
"""Abstention: a feature, a score or a price is NaN or infinite; comparisons with NaN are false, so it comes first."""

NEVER = 2.0
"""An act threshold above any probability: of a bundle that chose not to trade."""


class MarketEvent(NamedTuple):
    """A sampled event as an order sees it; prices in price units."""

    ts_us: int
    bid: float
    ask: float
    width: float
    """Distance of stop and target from the anchor."""
    horizon_us: int

    @classmethod
    def at(cls, ts_us: int, context: Floats, instrument: Instrument) -> MarketEvent:
        """Build from the kernel's context row (`core.features.CONTEXT`) by the rules that made the labels."""
        bid, ask, _, sigma_1m, ew_spread = context.tolist()
        return cls(ts_us, bid, ask, *one_barrier(sigma_1m, ew_spread, instrument))


def market_events(events: Events) -> list[MarketEvent]:
    """The same rows as gold has them: labels' widths and horizons instead of the kernel's context."""
    columns = (events.ts_us, events.bid, events.ask, events.width, events.horizon_us)
    return [MarketEvent(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


class Prediction(NamedTuple):
    """What the models say of an event, before any threshold; NaN where a feature or a model's answer is not finite."""

    p_short: float
    p_neither: float
    p_long: float
    anomaly: float
    """About 1 in the training market, larger is stranger."""
    feed: tuple[str, ...]
    """Feed rules that the event breaks."""

    @property
    def side(self) -> int:
        """The likelier win, `NO_SIDE` on a tie."""
        return LONG if self.p_long > self.p_short else SHORT if self.p_short > self.p_long else NO_SIDE

    @property
    def confidence(self) -> float:
        """What the act threshold is compared with: the probability that the likelier side wins."""
        return max(self.p_long, self.p_short)


class Thresholds(NamedTuple):
    """Chosen on validation days and nowhere later."""

    act: float
    anomaly: float
    feed: tuple[FeedLimit, ...]


class Decision(NamedTuple):
    """A signal's content. It asks for an order where `side` is not 0 and `abstain` is empty."""

    ts_us: int
    side: int
    """1 long, -1 short, 0 none."""
    abstain: tuple[str, ...]
    """Why the side must not be acted on."""
    earliest_entry_us: int
    stop: float
    """Absolute, on the point grid; 0 where side is 0."""
    target: float
    horizon_end_us: int

    @property
    def is_order(self) -> bool:
        return self.side != NO_SIDE and not self.abstain


def decide(
    event: MarketEvent, prediction: Prediction, thresholds: Thresholds, instrument: Instrument
) -> Decision:
    """Choose side, abstentions and absolute barriers of one event; pure, some 3 us.

    What is not finite has no side and abstains.
    """
    ts_us, bid, ask, width, horizon = event
    short, neither, long, anomaly, feed = prediction
    if not all(map(isfinite, (short, neither, long, anomaly, bid, ask, width))):
        # There is no order, but its times are told.
        none = order_at(LONG, ts_us, 0.0, 0.0, 0.0, horizon, instrument)
        return Decision(
            ts_us, NO_SIDE, (NOT_FINITE, *feed), none.earliest_entry_us, 0.0, 0.0, none.horizon_end_us
        )
    side = prediction.side if prediction.confidence >= thresholds.act else NO_SIDE
    abstain = feed if anomaly <= thresholds.anomaly else (OUT_OF_DISTRIBUTION, *feed)
    _, entry_us, stop, target, end_us = order_at(side or LONG, ts_us, bid, ask, width, horizon, instrument)
    if side == NO_SIDE:
        stop = target = 0.0
    return Decision(ts_us, side, abstain, entry_us, stop, target, end_us)


def signal_id(digest: str, symbol: str, ts_us: int, side: int) -> str:
    """Name a signal by its content: the same bundle on the same event says the same name again."""
    return sha256(f"{digest}|{symbol}|{ts_us}|{side}".encode()).hexdigest()[:16]
