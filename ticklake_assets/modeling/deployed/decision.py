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

import numpy as np

from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.labels import barrier_width, horizon_us
from ticklake_assets.core.orders import LONG, SHORT, orders_at
from ticklake_assets.core.tables import Events, Floats
from ticklake_assets.modeling.deployed.feed_rules import FeedLimit

NO_SIDE = 0
OUT_OF_DISTRIBUTION = "out_of_distribution"
"""Abstention: the anomaly model has not seen such a market."""
NOT_FINITE = "not_finite"
"""Abstention: a feature, a score or a price is NaN or infinite; comparisons with NaN are false, so it comes first."""


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
        bid, ask, _, sigma_1m, ew_spread = (np.atleast_1d(value) for value in context)
        horizon = horizon_us(sigma_1m, ew_spread)
        width = barrier_width(sigma_1m, ew_spread, horizon, instrument)
        return cls(int(ts_us), float(bid[0]), float(ask[0]), float(width[0]), int(horizon[0]))


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
    """Choose side, abstentions and absolute barriers of one event; pure, some 20 us.

    What is not finite has no side and abstains.
    """
    is_known = all(map(isfinite, (*prediction[:4], event.bid, event.ask, event.width)))
    side = prediction.side if is_known and prediction.confidence >= thresholds.act else NO_SIDE
    if not is_known:
        strange: tuple[str, ...] = (NOT_FINITE,)
        event = event._replace(bid=0.0, ask=0.0, width=0.0)  # there is no order, but its times are told
    else:
        strange = () if prediction.anomaly <= thresholds.anomaly else (OUT_OF_DISTRIBUTION,)
    # The same arithmetic as the labels' orders, on columns of one row.
    ts_us, bid, ask, width, horizon = (np.array([value]) for value in event)
    order = orders_at(side or LONG, ts_us, bid, ask, width, horizon, instrument)
    return Decision(
        ts_us=event.ts_us,
        side=side,
        abstain=strange + prediction.feed,
        earliest_entry_us=int(order.earliest_entry_us[0]),
        stop=float(order.stop[0]) if side else 0.0,
        target=float(order.target[0]) if side else 0.0,
        horizon_end_us=int(order.horizon_end_us[0]),
    )


def signal_id(digest: str, symbol: str, ts_us: int, side: int) -> str:
    """Name a signal by its content: the same bundle on the same event says the same name again."""
    return sha256(f"{digest}|{symbol}|{ts_us}|{side}".encode()).hexdigest()[:16]
