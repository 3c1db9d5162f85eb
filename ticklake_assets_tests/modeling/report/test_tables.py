from __future__ import annotations

from datetime import date

import pytest

from ticklake_assets.modeling.deployed.gates import GATES
from ticklake_assets.modeling.deployed.manifest import DayRange
from ticklake_assets.modeling.judging.walk_forward import WalkForwardReport, judge
from ticklake_assets.modeling.report.tables import (
    abstention_rows,
    benchmark_rows,
    day_rows,
    fold_rows,
    gate_rows,
    regime_rows,
    span_of,
)
from ticklake_assets_tests.modeling.markets import chain


def report(strength: float = 1.0) -> WalkForwardReport:
    return judge(chain(strength=strength), 1, 1.0)


def test_a_gate_is_passed_failed_or_neither() -> None:
    rows = gate_rows(report(0.0).gates)
    assert [row["gate"] for row in rows] == [gate.name for gate in GATES]
    marks = {row["gate"]: (row["value"], row["mark"]) for row in rows}
    assert marks["test_days"] == ("6", "passed")
    assert marks["deflated_sharpe"][1] == "failed"
    assert marks["pbo"] == ("not measured", "–")


def test_a_fold_says_which_of_its_own_gates_it_fails() -> None:
    judged = report(0.0)
    own = tuple(row for row in judged.gates.rows if row.name.startswith("own_fold_"))
    assert judged.fold_gates[-1] == own
    assert [row["own_gates"] for row in fold_rows(judged)][-1] == "fails net pips"
    assert {row["own_gates"] for row in fold_rows(report())} == {"passed"}


def test_what_markets_are_split_by_is_said_once() -> None:
    rows = regime_rows(report().regimes)
    assert [row["by"] for row in rows if row["by"]] == ["side", "volatility", "spread", "session"]
    assert [row["kind"] for row in rows] == [regime.name for regime in report().regimes]
    assert regime_rows(()) == []


def test_what_abstaining_did_is_told_by_reason() -> None:
    rows = abstention_rows(report().folds)
    reasons = {each.reason for fold in report().folds for each in fold.test.abstaining.reasons}
    assert {row["reason"] for row in rows} == {reason.replace("_", " ") for reason in reasons}
    strange = [fold.test.abstaining.reasons[0] for fold in report().folds]
    net = sum(each.net_pips for each in strange)
    assert rows[0]["result"] == f"{'saved' if net < 0 else 'cost'} {abs(net):,.1f} pips"
    assert rows[0]["events"] == f"{sum(each.events for each in strange):,}"


def test_a_day_is_a_row() -> None:
    rows = day_rows(report().days)
    assert [row["day"] for row in rows] == [f"{day.day}" for day in report().days]
    assert [row["trades"] for row in rows] == [f"{len(day.trades):,}" for day in report().days]


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2024, 1, 1), date(2024, 1, 8), "1–8 Jan"),
        (date(2024, 1, 30), date(2024, 2, 2), "30 Jan–2 Feb"),
    ],
)
def test_a_span_names_its_month_once(first: date, last: date, words: str) -> None:
    assert span_of(DayRange(first=first, last=last)) == words


def test_a_benchmark_did_as_well_by_a_share_of_draws_or_by_yes_and_no() -> None:
    report = judge(chain(), 1, 1.0)
    rows = {row["what"]: row["as_well"] for row in benchmark_rows(report)}
    assert rows["this chain"] == ""
    assert rows["random events, same sides"] == "0.05%"
    assert rows["no trade"] == "no"
