"""What abstaining saved or cost: the coverage-risk curve of the anomaly score, and the result behind each reason.

Events are compared one by one, by the outcome of the order that each would have been (its label): a position that is
open would otherwise decide which of them count.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ticklake_assets.core.metrics import log_loss
from ticklake_assets.core.orders import LONG, SHORT
from ticklake_assets.core.tables import Events, Floats
from ticklake_assets.modeling.deployed.decision import OUT_OF_DISTRIBUTION, Prediction, Thresholds
from ticklake_assets.modeling.deployed.document import Document

COVERAGES = (1.0, 0.995, 0.99, 0.98, 0.95, 0.9, 0.8, 0.6)
"""Shares of events that the curve admits, least strange first; the bundle's own threshold aims at 0.98."""


class CoveragePoint(Document):
    """The least strange share of the events."""

    coverage: float
    events: int
    loss: float
    """Weighted log loss of the stated probabilities: the risk of what is admitted."""
    orders: int
    """Events whose confidence reaches the act threshold."""
    net_pips: float
    """Their orders' results, summed."""


class Abstention(Document):
    """One reason, and what the orders that it held back would have made."""

    reason: str
    events: int
    orders: int
    net_pips: float
    """Summed: what abstaining cost, or saved where it is negative. An event with two reasons is in both."""


class Abstaining(Document):
    """Reported on validation days, where the threshold is chosen, and on test days, where nothing is."""

    curve: tuple[CoveragePoint, ...]
    reasons: tuple[Abstention, ...]


def what_abstaining_did(
    events: Events, predictions: Sequence[Prediction], weight: Floats, thresholds: Thresholds, pip: float
) -> Abstaining:
    """Account for the abstentions of rows that were scored; `weight` is their labels' uniqueness."""
    net = _would_be_nets(events, predictions, thresholds.act) / pip
    asked = ~np.isnan(net)
    stated = np.array([each[:3] for each in predictions])
    strange = np.array([each.anomaly for each in predictions])
    order = np.argsort(strange, kind="stable")
    curve = []
    for coverage in COVERAGES:
        rows = order[: max(1, round(coverage * len(order)))]
        curve.append(
            CoveragePoint(
                coverage=coverage,
                events=len(rows),
                loss=log_loss(stated[rows], events.outcome[rows], weight[rows]),
                orders=int(asked[rows].sum()),
                net_pips=float(np.nansum(net[rows])),
            )
        )
    held = {OUT_OF_DISTRIBUTION: strange > thresholds.anomaly}
    for limit in thresholds.feed:
        held[limit.reason] = np.array([limit.reason in each.feed for each in predictions])
    reasons = [
        Abstention(
            reason=reason,
            events=int(rows.sum()),
            orders=int((rows & asked).sum()),
            net_pips=float(np.nansum(net[rows])),
        )
        for reason, rows in held.items()
    ]
    return Abstaining(curve=tuple(curve), reasons=tuple(reasons))


def _would_be_nets(events: Events, predictions: Sequence[Prediction], act: float) -> Floats:
    """Result of each event's order whatever the abstentions, price units; NaN where none is asked for."""
    side = np.array([each.side if each.confidence >= act else 0 for each in predictions])
    net = np.full(len(side), np.nan)
    net[side == LONG] = events.long.net[side == LONG]
    net[side == SHORT] = events.short.net[side == SHORT]
    return net
