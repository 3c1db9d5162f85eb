"""Features of sampled events: the table of columns, and a day of them from the one kernel.

Adding a feature: a column and its value in a group of core/feature_kernel.py, then a new KERNEL_VERSION, the
pinned bits of its test and docs/features.md (the failing tests print what to write).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ticklake_assets.core.feature_kernel import FEATURES, KERNEL_VERSION, STATE_SIZE, advance
from ticklake_assets.core.schemas import PARTITION, Column
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Floats, Ints, Quotes

__all__ = [
    "CONTEXT",
    "FEATURES",
    "FEATURE_TABLE",
    "KERNEL_VERSION",
    "DayFeatures",
    "advance",
    "features_of_day",
    "new_state",
]

CONTEXT = (
    Column("bid", "float64", "the event's bid, price units"),
    Column("ask", "float64", "the event's ask, price units"),
    Column("mid", "float64", "(bid + ask) / 2, price units"),
    Column(
        "sigma_1m", "float64", "standard deviation of a one-minute change of mid, tau 30 min, price units"
    ),
    Column("ew_spread", "float64", "time-weighted spread, tau 1 min, price units"),
)
"""What labels and orders need besides the features; never fed to a model."""

FEATURE_TABLE = (
    *PARTITION,
    Column("ts_event", "timestamp_us", "time of the quote that made the event"),
    *CONTEXT,
    *FEATURES,
)
"""`gold/features`: one row an event; key (`symbol`, `ts_event`), nothing is missing, nothing is NaN."""


class DayFeatures(NamedTuple):
    """The events of one day, in time order; `ts_us` increases strictly."""

    ts_us: Ints
    context: Floats
    """Shape (n, len(CONTEXT)): the quote and scales that labels and orders are made from."""
    features: Floats
    """Shape (n, len(FEATURES)); finite."""

    @classmethod
    def empty(cls, rows: int) -> DayFeatures:
        """Rows for the kernel to fill."""
        return cls(
            np.empty(rows, dtype=np.int64), np.empty((rows, len(CONTEXT))), np.empty((rows, len(FEATURES)))
        )

    def head(self, rows: int) -> DayFeatures:
        """A copy of the first rows."""
        return DayFeatures(self.ts_us[:rows].copy(), self.context[:rows].copy(), self.features[:rows].copy())


def new_state() -> Floats:
    """State of the kernel before a day's first quote.

    `state.tobytes()` and `np.frombuffer(saved).copy()` resume anywhere with the same bits.
    """
    return np.zeros(STATE_SIZE, dtype=np.float64)


def features_of_day(day: SymbolDay, quotes: Quotes, chunk: int = 8192) -> DayFeatures:
    """Run the kernel over a whole day of clean quotes; `chunk` bounds memory and cannot change a bit."""
    state, found = new_state(), DayFeatures.empty(min(chunk, len(quotes.ts_us)))
    parts = [DayFeatures.empty(0)]
    ts_us, bid, ask, bid_size, ask_size = quotes.for_kernels()
    for start in range(0, len(ts_us), chunk):
        part = slice(start, start + chunk)
        columns = ts_us[part], bid[part], ask[part], bid_size[part], ask_size[part]
        count = advance(state, day.start_us, *columns, *found)
        parts.append(found.head(count))
    return DayFeatures(
        np.concatenate([part.ts_us for part in parts]),
        np.concatenate([part.context for part in parts]),
        np.concatenate([part.features for part in parts]),
    )
