"""Tiny adversarial days: ties, repeats, runs, jumps, missing and impossible values, rows of other days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from math import inf, nan

import hypothesis.strategies as st
import pyarrow as pa

from ticklake_assets.core.live_cleaner import RawTick
from ticklake_assets.core.symbol_day import SymbolDay

DAY = SymbolDay("EURUSD", date(2024, 1, 15))

TICKS_OF_DAYS = pa.schema(
    [
        ("symbol", pa.string()),
        ("trading_day", pa.date32()),
        ("source_row", pa.int64()),
        ("ts_event", pa.timestamp("us", "UTC")),
        *((name, pa.float64()) for name in ("bid", "ask", "bid_size", "ask_size")),
    ]
)
"""`schemas.TICKS` behind its symbol-day."""

# Few values, so that rows often meet equals; 201 is exactly 0.5 % above 200. 112 is a leap, and at a spread of 1
# no distance below 3 is far.
_BIDS = [100.0, 100.0, 100.0, 100.01, 100.5, 100.51, 101.2, 99.4, 103.0, 112.0]
_SPREADS = [0.0, 0.0, 0.01, 0.02, 1.0]
_SIZES = [1.0, 1.0, 1.5, 0.0, -0.0, None]
_STEPS_US = [0, 0, 1, 1000, 1000, -1000, -1]

_quotes = st.builds(
    lambda bid, spread, bid_size, ask_size: (bid, bid + spread, bid_size, ask_size),
    st.sampled_from(_BIDS),
    st.sampled_from(_SPREADS),
    st.sampled_from(_SIZES),
    st.sampled_from(_SIZES),
)
_PRICES = [100.0, 0.0, -0.0, -1.0, 5e-324, 1e308, 1.7e308, nan, inf, -inf, None]
_monsters = st.tuples(
    st.sampled_from(_PRICES),
    st.sampled_from(_PRICES),
    st.sampled_from([*_SIZES, -1.0, nan, inf, -inf]),
    st.sampled_from([*_SIZES, -1.0, nan, inf, -inf]),
)
_giants = st.just((1e308, 1e308, 1.0, 1.0))
"""Finite prices whose sum is not, nor the difference of two sums."""
_times = st.sampled_from([None, DAY.start_us, DAY.start_us - 1, DAY.end_us - 1, DAY.end_us])
_segments = st.tuples(
    st.one_of(_quotes, _quotes, _quotes, _monsters, _giants),
    st.sampled_from([1, 1, 1, 1, 2, 3, 9, 12]),
    st.sampled_from(_STEPS_US),
    st.one_of(st.none(), st.none(), st.none(), st.tuples(_times)),
)


@st.composite
def dirty_days(draw: st.DrawFn) -> list[RawTick]:
    """Rows of `DAY` in the order of the file: segments of equal values, some at a time of their own."""
    ts_us = DAY.start_us + draw(st.sampled_from([0, 3_600_000_000]))
    rows: list[RawTick] = []
    for values, repeats, step_us, elsewhere in draw(st.lists(_segments, max_size=12)):
        for _ in range(repeats):
            ts_us += step_us
            rows.append((ts_us if elsewhere is None else elsewhere[0], *values))
    return rows


def in_time_order(rows: Iterable[tuple[int, RawTick]]) -> list[tuple[int, RawTick]]:
    """Numbered rows by (ts_event, source_row), those without a time first."""
    return sorted(rows, key=lambda row: (row[1][0] is not None, row[1][0] or 0, row[0]))


def ticks_table(days: Mapping[SymbolDay, Iterable[tuple[int, RawTick]]]) -> pa.Table:
    """Rows of many days at once, from (source_row, tick) pairs."""
    rows = [
        (day.symbol, day.trading_day, number, *tick)
        for day, numbered in days.items()
        for number, tick in numbered
    ]
    columns = list(zip(*rows, strict=True)) if rows else [[]] * len(TICKS_OF_DAYS)
    return pa.Table.from_arrays(
        [
            pa.array(column, pa.int64()).cast(field.type)
            if pa.types.is_timestamp(field.type)
            else pa.array(column, field.type)
            for column, field in zip(columns, TICKS_OF_DAYS, strict=True)
        ],
        schema=TICKS_OF_DAYS,
    )


def with_day(day: SymbolDay, ticks: pa.Table) -> pa.Table:
    """Number the rows of a source's day and name the day."""
    numbers = pa.array(range(1, ticks.num_rows + 1), pa.int64())
    columns = [pa.repeat(day.symbol, len(numbers)), pa.repeat(day.trading_day, len(numbers)), numbers]
    return pa.Table.from_arrays([*columns, *ticks.columns], schema=TICKS_OF_DAYS)
