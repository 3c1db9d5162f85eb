"""A symbol-day of raw columns through the rule kernel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ticklake_assets.core.rule_kernel import judge_columns, new_state
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Bytes, Floats, Ints


class RawColumns(NamedTuple):
    """Rows as `parquet/ticks` has them; all arrays have one length, and a missing value is any value."""

    ts_us: Ints
    bid: Floats
    ask: Floats
    bid_size: Floats
    ask_size: Floats
    missing: NDArray[np.uint8]
    """What a row lacks, `rule_kernel.NO_...`."""

    def at(self, rows: Ints | NDArray[np.bool_] | slice) -> RawColumns:
        """Some of the rows, as numpy picks them."""
        ts_us, bid, ask, bid_size, ask_size, missing = self
        return RawColumns(ts_us[rows], bid[rows], ask[rows], bid_size[rows], ask_size[rows], missing[rows])

    @classmethod
    def joined(cls, parts: Sequence[RawColumns]) -> RawColumns:
        """The rows of all parts, in their order; there is at least one part."""
        ts_us, bid, ask, bid_size, ask_size, missing = map(np.concatenate, zip(*parts, strict=True))
        return cls(ts_us, bid, ask, bid_size, ask_size, missing)

    def as_bytes(self) -> list[bytes]:
        """The columns' memory: equal for equal bits, NaN too."""
        return [
            column.tobytes()
            for column in (self.ts_us, self.bid, self.ask, self.bid_size, self.ask_size, self.missing)
        ]

    def for_the_kernel(self) -> RawColumns:
        """Contiguous, writable arrays, the one layout that it is compiled for; Arrow's arrays are read-only."""
        ts_us, bid, ask, bid_size, ask_size, missing = self
        return RawColumns(
            np.require(ts_us, requirements=["C", "W"]),
            np.require(bid, requirements=["C", "W"]),
            np.require(ask, requirements=["C", "W"]),
            np.require(bid_size, requirements=["C", "W"]),
            np.require(ask_size, requirements=["C", "W"]),
            np.require(missing, requirements=["C", "W"]),
        )


class Judged(NamedTuple):
    """What became of each row, in the order of the rows."""

    codes: Bytes
    """0: kept; else the place of the broken rule in `quotes.RULES`, counted from 1."""
    is_unchanged: NDArray[np.bool_]
    """Of a kept row: whether it equals the distinct row before it."""
    gap_us: Ints
    """Of a kept row: microseconds since the kept row before it, 0 for the first."""

    def at(self, rows: slice) -> Judged:
        return Judged(self.codes[rows], self.is_unchanged[rows], self.gap_us[rows])


def time_order(source_row: Ints, columns: RawColumns) -> Ints:
    """Places of the rows by (`ts_event`, `source_row`), the order in which the rules see a day."""
    return np.lexsort((source_row, columns.ts_us))


def judge_day(day: SymbolDay, columns: RawColumns, cuts: Iterable[int] = ()) -> Judged:
    """Judge a day's rows, which come in time order.

    Parts that end at `cuts` (ascending) give the same: what the tests show by them holds for the endpoint, too, which
    judges quote by quote.
    """
    rows = len(columns.ts_us)
    judged = Judged(np.empty(rows, np.int8), np.empty(rows, np.bool_), np.empty(rows, np.int64))
    whole = columns.for_the_kernel()
    state, seen = new_state()
    for start, end in pairwise([0, *cuts, rows]):
        part = slice(start, end)
        seen = judge_columns(state, seen, day.start_us, day.end_us, *whole.at(part), *judged.at(part))
    return judged
