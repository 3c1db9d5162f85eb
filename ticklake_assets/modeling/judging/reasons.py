"""Why an order was asked for: what the models stated of its event, and the features that weighed most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ticklake_assets.core.orders import LONG, SHORT
from ticklake_assets.core.tables import Floats
from ticklake_assets.modeling.deployed.decision import Decision, Prediction
from ticklake_assets.modeling.deployed.document import Document

MOST_FEATURES = 3
_CLASS = {SHORT: 0, LONG: 2}
"""Column of a side's win among the pattern model's classes."""


class Weighed(Document):
    """A feature's part in a prediction."""

    feature: str
    value: float
    for_side: float
    """What it added to the log odds of the side that was taken, before calibration; below 0 it spoke against it."""


class OrderReason(Document):
    """What stood behind an order."""

    p_short: float
    p_neither: float
    p_long: float
    anomaly: float
    """About 1 in the training market, larger is stranger."""
    weighed: tuple[Weighed, ...]
    """The `MOST_FEATURES` of the largest absolute part, the largest first."""


def order_reasons(
    decisions: Sequence[Decision],
    predictions: Sequence[Prediction],
    rows: Floats,
    contributions: Floats,
    features: Sequence[str],
) -> Mapping[int, OrderReason]:
    """The reason of each decision that asks for an order, by its time.

    `rows` are the feature rows (n, F), `contributions` those of `fitting.pattern.contributions`: (n, 3, F).
    """
    return {
        decision.ts_us: OrderReason(
            p_short=said.p_short,
            p_neither=said.p_neither,
            p_long=said.p_long,
            anomaly=said.anomaly,
            weighed=_weighed(row, parts[_CLASS[decision.side]], features),
        )
        for decision, said, row, parts in zip(decisions, predictions, rows, contributions, strict=True)
        if decision.is_order
    }


def _weighed(row: Floats, parts: Floats, features: Sequence[str]) -> tuple[Weighed, ...]:
    most = np.argsort(-np.abs(parts), kind="stable")[:MOST_FEATURES].tolist()
    return tuple(
        Weighed(feature=features[at], value=float(row[at]), for_side=round(float(parts[at]), 4))
        for at in most
    )
