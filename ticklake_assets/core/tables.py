"""Numeric columns that travel between storage, modeling and serving as plain numpy arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bytes = NDArray[np.int8]


class Quotes(NamedTuple):
    """Clean quotes of one symbol-day, sorted by (`ts_event`, `source_row`); all arrays have one length."""

    ts_us: Ints
    """Epoch microseconds UTC."""
    bid: Floats
    ask: Floats
    bid_size: Floats
    ask_size: Floats

    @classmethod
    def empty(cls) -> Quotes:
        none = np.empty(0, dtype=np.float64)
        return cls(np.empty(0, dtype=np.int64), none, none, none, none)

    def head(self, count: int) -> Quotes:
        """The first quotes."""
        ts_us, bid, ask, bid_size, ask_size = self
        return Quotes(ts_us[:count], bid[:count], ask[:count], bid_size[:count], ask_size[:count])

    def for_kernels(self) -> Quotes:
        """The same quotes as contiguous, writable arrays, copied only where they are not.

        That is the one layout the kernels are compiled for; Arrow's arrays are read-only.
        """
        ts_us, bid, ask, bid_size, ask_size = self
        return Quotes(
            np.require(ts_us, requirements=["C", "W"]),
            np.require(bid, requirements=["C", "W"]),
            np.require(ask, requirements=["C", "W"]),
            np.require(bid_size, requirements=["C", "W"]),
            np.require(ask_size, requirements=["C", "W"]),
        )


class DayFeatures(NamedTuple):
    """The events of one day, in time order; `ts_us` increases strictly."""

    ts_us: Ints
    context: Floats
    """Shape (n, len(CONTEXT)): the quote and scales that labels and orders are made from."""
    features: Floats
    """Shape (n, len(FEATURES)); finite."""

    def head(self, rows: int) -> DayFeatures:
        """A copy of the first rows."""
        return DayFeatures(self.ts_us[:rows].copy(), self.context[:rows].copy(), self.features[:rows].copy())


class OrderOutcomes(NamedTuple):
    """What became of one order an event, on one side; NaN and 0 where there was no entry."""

    outcome: Bytes
    """0 no entry, 1 target, 2 stop, 3 time, 4 day end (`core.orders`)."""
    entry_us: Ints
    entry: Floats
    exit_us: Ints
    exit: Floats
    net: Floats
    """Profit after slippage, commission and swap, price units."""


class Events(NamedTuple):
    """Sampled events with features and labels, sorted by `ts_us`; the rows of one or more days."""

    day: Ints
    """Trading day as days since the epoch."""
    ts_us: Ints
    bid: Floats
    """The event's own quote: a short's stop and target are anchored here, a long's at `ask`."""
    ask: Floats
    features: Floats
    """Shape (n, number of features), the columns of `core.features.FEATURES`."""
    width: Floats
    """Barrier distance, price units."""
    horizon_us: Ints
    long: OrderOutcomes
    short: OrderOutcomes
    outcome: Bytes
    """0 short wins, 1 neither, 2 long wins."""
    known_at_us: Ints
