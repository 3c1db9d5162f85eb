"""The order table, rule by rule, and barriers on the point grid."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.orders import (
    DAY_END,
    LONG,
    NO_ENTRY,
    NOWHERE,
    SHORT,
    STOP,
    TARGET,
    TIME,
    one_width_on_grid,
    order_at,
    orders_at,
    walk,
    walk_all,
    width_on_grid,
)

EURUSD = instrument_of("EURUSD")
SECOND = 1_000_000
HORIZON, DAY_CLOSE = 100 * SECOND, 1000 * SECOND
ENTRY = (2, 100, 101)
"""Where every path below enters: (second, bid, ask) in points; barriers are 10 points from 101 or 100."""


def walked(side: int, *quotes: tuple[float, int, int], day_end: int = DAY_CLOSE) -> tuple[int, int, int]:
    """Walk an order of the event at second 1, barriers 10 points away, latency 1 s, horizon at second 101."""
    seconds, bid, ask = np.array([(1, 100, 101), *quotes], dtype=np.float64).T
    stop, target = (91.0, 111.0) if side == LONG else (110.0, 90.0)
    ts_us = (seconds * SECOND).astype(np.int64)
    args = (side, 2 * SECOND, stop, target, SECOND + HORIZON, day_end)
    return walk(ts_us, np.ascontiguousarray(bid), np.ascontiguousarray(ask), 0, *args)


@pytest.mark.parametrize(
    ("side", "quotes", "expected"),
    [
        (LONG, [ENTRY, (3, 110, 112), (4, 111, 112)], (TARGET, 1, 3)),  # the bid decides, a touch is enough
        (LONG, [ENTRY, (3, 92, 93), (4, 91, 99)], (STOP, 1, 3)),
        (LONG, [ENTRY, (3, 60, 61)], (STOP, 1, 2)),  # a gap exits at the quote behind the barrier
        (SHORT, [ENTRY, (3, 90, 91), (4, 80, 90)], (TARGET, 1, 3)),  # the ask decides
        (SHORT, [ENTRY, (3, 108, 109), (4, 109, 110)], (STOP, 1, 3)),
        (LONG, [ENTRY, (101, 100, 101), (102, 120, 121)], (TIME, 1, 2)),
        (LONG, [ENTRY, (150, 111, 112)], (TARGET, 1, 2)),  # a barrier comes before the horizon
        (LONG, [(1.999, 50, 51), ENTRY, (3, 111, 112)], (TARGET, 2, 3)),  # latency: the fall is not ours
        (LONG, [(2, 91, 92), (3, 100, 101)], (NO_ENTRY, NOWHERE, 1)),  # at the stop already
        (LONG, [(2, 111, 112), (3, 100, 101)], (NO_ENTRY, NOWHERE, 1)),  # at the target already
        (SHORT, [(2, 100, 110), (3, 100, 101)], (NO_ENTRY, NOWHERE, 1)),  # the spread alone reaches the stop
        (LONG, [], (NO_ENTRY, NOWHERE, NOWHERE)),
        (LONG, [(101, 100, 101)], (NO_ENTRY, NOWHERE, NOWHERE)),  # the next quote comes at the horizon
        (LONG, [ENTRY], (DAY_END, 1, 1)),  # the last quote of the day is also the way out
        (LONG, [ENTRY, (50, 100, 101)], (DAY_END, 1, 2)),
    ],
)
def test_each_rule_of_the_table(
    side: int, quotes: list[tuple[float, int, int]], expected: tuple[int, int, int]
) -> None:
    assert walked(side, *quotes) == expected


@pytest.mark.parametrize(
    ("day_end_s", "quotes", "expected"),
    [
        (60, [ENTRY, (59, 100, 101), (60, 100, 101)], (DAY_END, 1, 3)),
        (60, [ENTRY, (59, 100, 101), (60, 111, 112)], (TARGET, 1, 3)),  # a barrier comes before the day's end
        (60, [ENTRY, (200, 100, 101)], (DAY_END, 1, 2)),  # both are past: the earlier of them names it
        (101, [ENTRY, (200, 100, 101)], (TIME, 1, 2)),  # at the same moment: the horizon
        (150, [ENTRY, (200, 100, 101)], (TIME, 1, 2)),
        (2, [ENTRY, (3, 111, 112)], (NO_ENTRY, NOWHERE, NOWHERE)),
    ],
)
def test_the_day_s_end(
    day_end_s: int, quotes: list[tuple[float, int, int]], expected: tuple[int, int, int]
) -> None:
    assert walked(LONG, *quotes, day_end=day_end_s * SECOND) == expected


def test_many_orders_are_each_order() -> None:
    ts_us = np.arange(50, dtype=np.int64) * SECOND
    bid = 100.0 + np.arange(50) % 7
    ask = bid + 1
    start = np.array([0, 10, 20])
    rules = (start * SECOND, np.full(3, 98.0), np.full(3, 105.0), start * SECOND + HORIZON)
    outcome, entry, leave = walk_all(ts_us, bid, ask, start, LONG, *rules, DAY_CLOSE)
    for k in range(3):
        one = walk(ts_us, bid, ask, start[k], LONG, *(column[k] for column in rules), DAY_CLOSE)
        assert (outcome[k], entry[k], leave[k]) == one


@pytest.mark.parametrize("symbol", ["EURUSD", "GBPJPY", "BTCUSD"])
@given(points=st.integers(1_000, 99_999_999), spread=st.integers(0, 500), width=st.floats(1e-7, 1e4))
def test_barriers_are_the_doubles_of_their_decimals(
    symbol: str, points: int, spread: int, width: float
) -> None:
    """A quote parsed from text that shows the barrier's price touches it exactly."""
    rules = instrument_of(symbol).charging(latency_ms=(200,))
    bid, ask = (float(Decimal(p).scaleb(-rules.digits)) for p in (points, points + spread))
    on_grid = width_on_grid(np.array([width]), rules)
    distance = round(Decimal(float(on_grid[0])), rules.digits)
    horizon, t = np.array([HORIZON]), np.array([SECOND])
    for side, anchor in ((LONG, ask), (SHORT, bid)):
        orders = orders_at(side, t, np.array([bid]), np.array([ask]), on_grid, horizon, rules)
        assert orders.target[0] == float(Decimal(repr(anchor)) + side * distance)
        assert orders.stop[0] == float(Decimal(repr(anchor)) - side * distance)
        assert (orders.earliest_entry_us[0], orders.horizon_end_us[0]) == (SECOND + 200_000, SECOND + HORIZON)


@given(st.floats(0, 1e3), st.integers(0, 40))
def test_a_width_is_rounded_up_and_at_least_the_stops_level(width: float, stops_level: int) -> None:
    rules = replace(EURUSD, stops_level_points=stops_level)
    rounded = float(width_on_grid(np.array([width]), rules)[0])
    points = rounded * 1e5
    assert points == pytest.approx(round(points), abs=1e-6)
    assert rounded >= width - 1e-10
    assert round(points) >= max(stops_level, 1)
    assert rounded == round(round(points) * 1e-5, 5)
    assert round(points) == max(stops_level, 1) or rounded < width + EURUSD.point


def test_float_noise_does_not_cost_a_point() -> None:
    """3 * 0.017 is 0.051000000000000004: 51 points, not 52."""
    assert width_on_grid(np.array([3 * 0.017]), instrument_of("GBPJPY"))[0] == 0.051


@given(
    st.sampled_from(["EURUSD", "GBPJPY", "XAUUSD", "SYNEUR", "SYNJPY"]),
    st.integers(0, 4_000_000_000_000_000),
    st.floats(0.3, 5_000.0),
    st.floats(0, 50.0),
    st.floats(0, 40.0),
    st.integers(1, 7_200_000_000),
    st.sampled_from([(200,), (0, 150, 200, 900)]),
    st.sampled_from([1, 5]),
)
def test_one_order_has_the_bits_of_the_column_s(
    symbol: str,
    ts_us: int,
    bid: float,
    spread: float,
    width: float,
    horizon: int,
    latency_ms: tuple[int, ...],
    step: int,
) -> None:
    rules = replace(instrument_of(symbol).charging(latency_ms=latency_ms), tick_points=step)
    on_grid = width_on_grid(np.array([width]), rules)
    assert one_width_on_grid(width, rules) == on_grid[0]
    columns = [np.array([each]) for each in (ts_us, bid, bid + spread)]
    for side in (LONG, SHORT):
        many = orders_at(side, *columns, on_grid, np.array([horizon]), rules)
        one = order_at(side, ts_us, bid, bid + spread, float(on_grid[0]), horizon, rules)
        assert one == (side, *(column[0] for column in many[1:]))
