"""The rule kernel: any chunks, any restart and tick by tick give the same codes; compiled and plain agree."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticklake_assets.core import rule_kernel
from ticklake_assets.core.cleaning import Judged, RawColumns, judge_day, time_order
from ticklake_assets.core.live_cleaner import LiveCleaner, RawTick, Verdict
from ticklake_assets.core.quotes import RULES
from ticklake_assets.core.rule_kernel import judge_columns, new_state
from ticklake_assets_tests.core.dirty_days import DAY, dirty_days

MISSING = (
    rule_kernel.NO_TIME,
    rule_kernel.NO_BID,
    rule_kernel.NO_ASK,
    rule_kernel.NO_BID_SIZE,
    rule_kernel.NO_ASK_SIZE,
)
INTERPRETED = """
from ticklake_assets_tests.core.test_rule_kernel import codes_of_a_dirty_day
print(codes_of_a_dirty_day())
"""


def columns_of(rows: list[RawTick]) -> RawColumns:
    """The rows in time order; what is missing stands as 0."""
    values = [[0 if value is None else value for value in column] for column in zip(*rows, strict=True)] or [
        []
    ] * 5
    missing = [sum(bit for bit, value in zip(MISSING, row, strict=True) if value is None) for row in rows]
    times, *others = values
    columns = RawColumns(
        np.array(times, dtype=np.int64),
        *(np.array(column, dtype=np.float64) for column in others),
        np.array(missing, dtype=np.uint8),
    )
    order = time_order(np.arange(len(rows)), columns)
    return RawColumns(*(column[order] for column in columns))


def ticks_of(columns: RawColumns) -> list[RawTick]:
    lists = zip(*(column.tolist() for column in columns), strict=True)
    return [
        tuple(None if row[5] & bit else value for bit, value in zip(MISSING, row[:5], strict=True))  # type: ignore[misc]
        for row in lists
    ]


def assert_same(found: Judged, expected: Judged) -> None:
    kept = expected.codes == rule_kernel.KEPT
    assert found.codes.tolist() == expected.codes.tolist()
    assert found.is_unchanged[kept].tolist() == expected.is_unchanged[kept].tolist()
    assert found.gap_us[kept].tolist() == expected.gap_us[kept].tolist()


def as_judged(verdicts: list[Verdict]) -> Judged:
    code_of = {rule.name: code for code, rule in enumerate(RULES, 1)} | {None: rule_kernel.KEPT}
    quotes = [verdict.quote for verdict in verdicts]
    return Judged(
        np.array([code_of[verdict.rule] for verdict in verdicts], dtype=np.int8),
        np.array([quote is not None and quote.is_unchanged for quote in quotes], dtype=np.bool_),
        np.array([0 if quote is None else quote.gap_us for quote in quotes], dtype=np.int64),
    )


@given(dirty_days(), st.data())
@settings(max_examples=200)
def test_any_chunks_and_tick_by_tick_give_the_same_codes(rows: list[RawTick], data: st.DataObject) -> None:
    columns = columns_of(rows)
    whole = judge_day(DAY, columns)
    cuts = data.draw(st.lists(st.integers(0, len(rows)), max_size=6).map(sorted))
    assert_same(judge_day(DAY, columns, cuts), whole)
    cleaner = LiveCleaner(DAY)
    assert_same(as_judged([cleaner.push(*tick) for tick in ticks_of(columns)]), whole)


@given(dirty_days(), st.data())
def test_a_saved_state_goes_on_with_the_same_codes(rows: list[RawTick], data: st.DataObject) -> None:
    columns = columns_of(rows)
    cut = data.draw(st.integers(0, len(rows)))
    judged = Judged(*(np.empty(len(rows), dtype=kind) for kind in (np.int8, np.bool_, np.int64)))
    state, seen = new_state()
    for start, end in pairwise([0, cut, len(rows)]):
        parts = (column[start:end] for column in (*columns, *judged))
        seen = judge_columns(state, seen, DAY.start_us, DAY.end_us, *parts)
        state = np.frombuffer(state.tobytes()).copy()
        seen = np.frombuffer(seen.tobytes()).reshape(seen.shape).copy()
    assert_same(judged, judge_day(DAY, columns))


def test_many_rows_of_one_time_are_told_apart_quickly() -> None:
    """A second's resolution, or a clock that stands still: no row is compared with all the others."""
    count = 200_000
    bids = np.tile(1 + np.arange(count // 2) / 1e6, 2)
    rows = RawColumns(
        np.full(count, DAY.start_us),
        bids,
        bids,
        np.ones(count),
        np.ones(count),
        np.zeros(count, dtype=np.uint8),
    )
    codes = judge_day(DAY, rows).codes
    assert (codes[count // 2 :] == rule_kernel.DUPLICATE).all()
    assert not (codes[: count // 2] == rule_kernel.DUPLICATE).any()
    cleaner = LiveCleaner(DAY)
    live = [cleaner.push(DAY.start_us, bid, bid, 1.0, 1.0).rule for bid in bids[: count // 2 + 99].tolist()]
    assert live[count // 2 :] == ["duplicate"] * 99
    assert "duplicate" not in live[: count // 2]


def test_the_compiled_rules_are_those_of_plain_python() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERPRETED],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == codes_of_a_dirty_day()


def codes_of_a_dirty_day() -> str:
    rng = np.random.default_rng(5)
    levels = rng.choice(
        [100.0, 100.01, 100.4, 101.2, 112.0, 0.0, np.nan, np.inf], 3000, p=[0.5, 0.3] + [1 / 30] * 6
    )
    times = DAY.start_us + np.cumsum(rng.integers(0, 2, 3000))
    sizes = rng.choice([1.0, 2.0, -0.0, -1.0], (2, 3000), p=[0.6, 0.2, 0.19, 0.01])
    missing = rng.choice([0, 1, 8, 24], 3000, p=[0.7, 0.1, 0.1, 0.1]).astype(np.uint8)
    asks = levels + rng.choice([0.0, 0.01, -0.01], 3000)
    codes = judge_day(DAY, RawColumns(times, levels, asks, *sizes, missing)).codes
    return "".join(map(str, codes.tolist()))


def test_the_kernels_codes_are_the_places_of_the_rules() -> None:
    for code, rule in enumerate(RULES, 1):
        assert getattr(rule_kernel, rule.name.upper()) == code


@pytest.mark.parametrize("spoil", ["state", "seen", "column"])
def test_arrays_that_would_be_overrun_are_refused(spoil: str) -> None:
    state, seen = new_state()
    columns: list[Any] = [*columns_of([(DAY.start_us, 1.0, 1.0, 1.0, 1.0)] * 3)]
    out = [np.empty(3, dtype=kind) for kind in (np.int8, np.bool_, np.int64)]
    if spoil == "column":
        columns[1] = columns[1][:-1]
    state = state[:-1] if spoil == "state" else state
    seen = np.ascontiguousarray(seen[:-1]) if spoil == "seen" else seen
    with pytest.raises(ValueError, match="Expected"):
        judge_columns(state, seen, DAY.start_us, DAY.end_us, *columns, *out)
