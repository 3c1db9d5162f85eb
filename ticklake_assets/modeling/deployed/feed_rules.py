"""Feed anomalies: simple limits on what the feed itself does, apart from the anomaly model of the market."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.tables import Floats


class FeedRule(NamedTuple):
    reason: str
    """The abstention's name on the wire."""
    feature: str
    is_upper: bool
    """Whether large values are the strange ones."""
    doc: str


FEED_RULES = (
    FeedRule("feed_stale", "gap", True, "no quote for far longer than in training"),
    FeedRule("feed_spread", "spread_ratio_1m", True, "the spread blew out against its last minute"),
    FeedRule("feed_rate_high", "tick_rate_ratio_30s", True, "a burst of quotes"),
    FeedRule("feed_rate_low", "tick_rate_ratio_30s", False, "quotes dry up"),
)
"""Each guards one feature on one side; several may speak at once."""

TAIL = 0.999
"""Quantile of the training values that still counts as usual."""
MARGIN = 1.5
"""How far beyond the usual a feed must go: a new maximum alone is no fault."""


class FeedLimit(NamedTuple):
    reason: str
    feature: str
    is_upper: bool
    limit: float


def fit_feed_limits(rows: Floats, features: tuple[str, ...]) -> tuple[FeedLimit, ...]:
    """Take each rule's limit from the training rows of shape (n, F)."""
    limits = []
    for rule in FEED_RULES:
        if rule.feature not in features:
            raise DataError(
                f"Feed rule {rule.reason} has no feature. Expected {rule.feature}, was {features}"
            )
        values = rows[:, features.index(rule.feature)]
        usual = float(np.quantile(values, TAIL if rule.is_upper else 1 - TAIL))
        limits.append(
            FeedLimit(
                rule.reason, rule.feature, rule.is_upper, usual * MARGIN if rule.is_upper else usual / MARGIN
            )
        )
    return tuple(limits)


class PlacedLimit(NamedTuple):
    """A limit by the place of its feature in a row."""

    place: int
    limit: FeedLimit


def placed(limits: tuple[FeedLimit, ...], features: tuple[str, ...]) -> tuple[PlacedLimit, ...]:
    """Look the features' places up once, not once an event."""
    return tuple(PlacedLimit(features.index(limit.feature), limit) for limit in limits)


def feed_anomalies(row: Sequence[float], limits: tuple[PlacedLimit, ...]) -> tuple[str, ...]:
    """Name the rules that a feature row breaks."""
    broken = []
    for place, limit in limits:
        value = row[place]
        if value > limit.limit if limit.is_upper else value < limit.limit:
            broken.append(limit.reason)
    return tuple(broken)
