"""Features of sampled events: the table of columns, and a day of them from the one kernel.

Adding a feature: one function in a file of core/added/features (docs/add-a-feature.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np

from ticklake_assets.core.declared import Quote
from ticklake_assets.core.feature_kernel import (
    BUILT_IN,
    FEATURES,
    KERNEL,
    KERNEL_VERSION,
    Kernel,
    advance,
    known_of,
)
from ticklake_assets.core.schemas import CONTEXT, PARTITION, Column
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures, Floats, Quotes

__all__ = [
    "BUILT_IN",
    "FEATURES",
    "FEATURE_TABLE",
    "KERNEL",
    "KERNEL_VERSION",
    "Kernel",
    "advance",
    "empty_events",
    "features_in_chunks",
    "features_of_day",
    "new_state",
    "quotes_as_seen",
]

FEATURE_TABLE = (
    *PARTITION,
    Column("ts_event", "timestamp_us", "time of the quote that made the event"),
    *CONTEXT,
    *FEATURES,
)
"""`gold/features`: one row an event; key (`symbol`, `ts_event`), nothing is missing, nothing is NaN."""


def empty_events(rows: int, kernel: Kernel = KERNEL) -> DayFeatures:
    """Rows for the kernel to fill."""
    shapes = (rows, len(CONTEXT)), (rows, len(kernel.columns))
    return DayFeatures(np.empty(rows, dtype=np.int64), *(np.empty(shape) for shape in shapes))


def new_state(kernel: Kernel = KERNEL) -> Floats:
    """State of the kernel before a day's first quote.

    `state.tobytes()` and `np.frombuffer(saved).copy()` resume anywhere with the same bits.
    """
    return np.zeros(kernel.state_size, dtype=np.float64)


def features_of_day(
    day: SymbolDay, quotes: Quotes, chunk: int = 8192, kernel: Kernel = KERNEL
) -> DayFeatures:
    """Run the kernel over a whole day of clean quotes; `chunk` bounds memory and cannot change a bit."""
    return features_in_chunks(day, quotes, range(chunk, len(quotes.ts_us), chunk), kernel)


def features_in_chunks(
    day: SymbolDay, quotes: Quotes, cuts: Iterable[int], kernel: Kernel = KERNEL
) -> DayFeatures:
    """The same, the quotes passed in parts that end at `cuts` (ascending); which parts cannot change a bit."""
    state, edges = new_state(kernel), [0, *cuts, len(quotes.ts_us)]
    columns = quotes.for_kernels()
    found = empty_events(max(end - start for start, end in pairwise(edges)), kernel)
    parts = [empty_events(0, kernel)]
    for start, end in pairwise(edges):
        count = kernel.advance(state, day.start_us, *(column[start:end] for column in columns), *found)
        parts.append(found.head(count))
    return DayFeatures(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def quotes_as_seen(day: SymbolDay, quotes: Quotes) -> Iterator[Quote]:
    """The quotes as a declared feature meets them, one by one; in numpy's floats, which may be divided by 0."""
    state, columns = new_state(), quotes.for_kernels()
    found = empty_events(1)
    for at in range(len(quotes.ts_us)):
        advance(state, day.start_us, *(column[at : at + 1] for column in columns), *found)
        quoted = columns.bid[at], columns.ask[at], columns.bid_size[at], columns.ask_size[at]
        mid, sigma_1m, ew_spread = map(np.float64, known_of(state))
        yield Quote(int(columns.ts_us[at]), *quoted, mid, sigma_1m, ew_spread, day.start_us)
