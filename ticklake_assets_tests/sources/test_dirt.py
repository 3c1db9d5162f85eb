from __future__ import annotations

from dataclasses import fields
from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.dirt import DirtPlan, inject
from ticklake_assets.sources.source import TICK_SCHEMA
from ticklake_assets.sources.synthetic import Market, synthetic_day
from ticklake_assets_tests.sources.contract_rules import rule_by_row

_DAY = SymbolDay("SYNEUR", date(2024, 1, 9))


def _clean(ticks: int = 30_000, day: SymbolDay = _DAY) -> pa.Table:
    return synthetic_day(day, seed=1, strength=1.0, market=Market(ticks_a_day=ticks))


def test_a_clean_synthetic_day_breaks_no_rule() -> None:
    assert rule_by_row(_clean(), _DAY) == {}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("symbol", ["SYNEUR", "SYNJPY"])
def test_the_ground_truth_is_what_the_rules_catch(seed: int, symbol: str) -> None:
    day = SymbolDay(symbol, date(2024, 3, 5))
    dirty, truth = inject(_clean(day=day), day, seed, DirtPlan.for_rows(30_000))
    assert rule_by_row(dirty, day) == truth.rule_of


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**32),
    plan=st.builds(DirtPlan, **{field.name: st.integers(0, 4) for field in fields(DirtPlan)}),
)
def test_any_plan_has_an_exact_ground_truth(seed: int, plan: DirtPlan) -> None:
    dirty, truth = inject(_clean(3_000), _DAY, seed, plan)
    assert rule_by_row(dirty, _DAY) == truth.rule_of
    assert dirty.schema == TICK_SCHEMA


def test_counts_by_rule_follow_the_plan() -> None:
    plan = DirtPlan(*[3] * len(fields(DirtPlan)))
    dirty, truth = inject(_clean(5_000), _DAY, 7, plan)
    counts = truth.by_rule
    assert counts.pop("stale_run") >= 3
    assert counts == dict.fromkeys(
        ["crossed", "duplicate", "missing_field", "non_finite", "non_positive", "spike", "wrong_day"], 3
    )
    assert dirty.num_rows == _clean(5_000).num_rows + 3


def test_every_injected_row_is_named_and_the_others_are_untouched() -> None:
    clean = _clean(5_000)
    dirty, truth = inject(clean, _DAY, 7, DirtPlan(*[3] * len(fields(DirtPlan))))
    touched = {row.source_row for row in truth.rows}
    kept = [row for number, row in enumerate(_rows(dirty), start=1) if number not in touched]
    assert len(kept) == dirty.num_rows - len(truth.rows)
    assert set(kept) <= set(_rows(clean))


def test_late_rows_are_out_of_order_and_good() -> None:
    clean = _clean(5_000)
    dirty, truth = inject(clean, _DAY, 7, DirtPlan(out_of_order=5))
    times = dirty["ts_event"].cast(pa.int64()).to_pylist()
    backwards = [number for number in range(2, len(times) + 1) if times[number - 1] < times[number - 2]]
    assert backwards == [row.source_row for row in truth.rows]
    assert truth.by_rule == {}
    assert sorted(_rows(dirty)) == sorted(_rows(clean))


def test_the_same_seed_gives_the_same_dirt() -> None:
    plan = DirtPlan.for_rows(30_000)
    first, second, other = (inject(_clean(), _DAY, seed, plan) for seed in (5, 5, 6))
    assert first[1] == second[1]
    assert _rows(first[0])[:500] == _rows(second[0])[:500]
    assert first[1] != other[1]


def test_a_day_too_short_for_the_plan_is_refused() -> None:
    with pytest.raises(DataError, match=r"SYNEUR\|2024-01-09 is too short .* Expected 40 slots, was \d+"):
        inject(_clean(1_000), _DAY, 1, DirtPlan(spike=40))


def test_a_closed_day_gets_no_dirt() -> None:
    assert DirtPlan.for_rows(0).kinds == []


def _rows(table: pa.Table) -> list[tuple[object, ...]]:
    """Rows as text, so that NaN equals itself."""
    return [
        tuple(map(str, row)) for row in zip(*(column.to_pylist() for column in table.columns), strict=True)
    ]
