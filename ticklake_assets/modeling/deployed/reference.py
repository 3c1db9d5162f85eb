"""The market that a bundle was validated on, as binned shares: what live drift is measured against.

Each quantity has ten bins of about equally many validation values, and the range that they spanned. Scores are those of
days that the model was not fitted on, as live days are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.tables import Floats, Ints, Quotes
from ticklake_assets.modeling.deployed.decision import Prediction
from ticklake_assets.modeling.deployed.document import Document

BINS = 10
SCORES = ("p_short", "p_neither", "p_long", "anomaly")
MINUTES = ("spread_pips", "ticks_a_minute")
MINUTE_US = 60_000_000
_LEVELS = np.arange(1, BINS) / BINS


class ReferenceColumn(Document):
    """One quantity: bin k holds the values above edge k - 1 and up to edge k."""

    name: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    low: float
    high: float
    """Smallest and largest value: beyond them nothing was seen."""

    @classmethod
    def of(cls, name: str, values: Floats) -> ReferenceColumn:
        known = values[np.isfinite(values)]
        if len(known) == 0:
            raise DataError(
                f"No finite {name} on the validation days. Expected some to compare live ones with"
            )
        edges = np.quantile(known, _LEVELS)
        counts = np.bincount(np.searchsorted(edges, known, side="left"), minlength=BINS)
        return cls(
            name=name,
            edges=tuple(edges.tolist()),
            counts=tuple(counts.tolist()),
            low=float(known.min()),
            high=float(known.max()),
        )


class Reference(Document):
    events: tuple[ReferenceColumn, ...]
    """The kernel's features in their order, then `SCORES`."""
    minutes: tuple[ReferenceColumn, ...]
    """`MINUTES` of the minutes with a quote: mean spread, pips, and clean quotes."""
    acted: float
    """Share of events that asked for an order and abstained from nothing."""


def minutes_of(quotes: Quotes, pip: float) -> Floats:
    """`MINUTES` of each minute with a quote, shape (n, 2)."""
    if len(quotes.ts_us) == 0:
        return np.empty((0, len(MINUTES)))
    _, first, ticks = np.unique(quotes.ts_us // MINUTE_US, return_index=True, return_counts=True)
    first_of: Ints = first
    spread = np.add.reduceat(quotes.ask - quotes.bid, first_of) / ticks / pip
    return np.column_stack([spread, ticks.astype(np.float64)])


def make_reference(
    features: Floats,
    names: Sequence[str],
    predictions: Sequence[Prediction],
    minutes: Floats,
    acted: float,
) -> Reference:
    """Bin the validation events' features (n, F) and predictions, and their days' minutes (m, 2)."""
    scores = np.array([prediction[:4] for prediction in predictions])
    values = np.column_stack([features, scores])
    return Reference(
        events=tuple(map(ReferenceColumn.of, (*names, *SCORES), values.T)),
        minutes=tuple(map(ReferenceColumn.of, MINUTES, minutes.T)),
        acted=acted,
    )
