from __future__ import annotations

import re

import pytest

from ticklake_assets.core.errors import DataError
from ticklake_assets.modeling.deployed.gates import (
    GATES,
    INSUFFICIENT,
    PASSED,
    REJECTED,
    GateReport,
    evaluate,
)

GOOD: dict[str, float | None] = {
    "trading_folds": 2 / 3,
    "test_days": 6.0,
    "trades": 100.0,
    "net_pips_a_day_lower_bound": 0.1,
    "deflated_sharpe": 0.95,
    "skill_beyond_exposure": 0.05,
    "positive_folds": 2 / 3,
    "net_pips_double_slippage": 0.1,
    "net_less_drawdown_pips": 0.0,
    "calibration_error": 0.08,
    "lost_skill": 0.75,
    "coverage": 0.80,
    "pbo": 0.2,
    "own_fold_net_pips": 0.1,
    "own_fold_calibration_error": 0.08,
    "own_fold_coverage": 0.80,
    "decision_ms": 20.0,
    "parity": 1.0,
}


def judged(**changes: float | None) -> GateReport:
    return evaluate({**GOOD, **changes})


def test_values_on_every_limit_pass() -> None:
    report = judged()
    assert report.verdict == PASSED
    assert report.reasons == ()
    assert report.refusals == ()
    assert report.headline == "This chain may trade: every gate that counts was passed."
    assert all(row.passed for row in report.rows)
    assert (report.days_had, report.days_needed, report.trades_had, report.trades_needed) == (6, 6, 100, 100)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("trading_folds", 0.66),
        ("net_pips_a_day_lower_bound", 0.0),
        ("deflated_sharpe", 0.949),
        ("skill_beyond_exposure", 0.051),
        ("positive_folds", 0.66),
        ("net_pips_double_slippage", 0.0),
        ("net_less_drawdown_pips", -0.01),
        ("calibration_error", 0.081),
        ("lost_skill", 0.76),
        ("decision_ms", 20.1),
        ("coverage", 0.799),
        ("coverage", 0.996),
        ("pbo", 0.21),
        ("own_fold_net_pips", 0.0),
        ("own_fold_calibration_error", 0.081),
        ("own_fold_coverage", 0.79),
        ("parity", 0.9999),
    ],
)
def test_each_gate_alone_rejects(name: str, value: float) -> None:
    report = judged(**{name: value})
    assert report.verdict == REJECTED
    assert [row.name for row in report.rows if row.passed is False] == [name]
    assert len(report.reasons) == 1
    (row,) = report.refusals
    assert report.reasons == (f"{row.fails} ({name} is {value:.4g}, expected {row.threshold})",)
    assert report.headline == f"This chain may not trade: 1 of its {len(GATES)} gates refuse it."


@pytest.mark.parametrize(("name", "value"), [("test_days", 5.0), ("trades", 99.0)])
def test_too_little_evidence_neither_confirms_nor_refutes(name: str, value: float) -> None:
    assert judged(**{name: value}).verdict == INSUFFICIENT
    assert judged(**{name: value, "deflated_sharpe": 0.1}).verdict == INSUFFICIENT


def test_a_chain_that_chose_not_to_trade_is_refused_and_not_asked_for_more_days() -> None:
    report = judged(trading_folds=0.0, trades=0.0, deflated_sharpe=0.0)
    assert report.verdict == report.implied_verdict() == REJECTED
    assert report.reasons[0].startswith("trading_folds is 0")


def test_what_nobody_measured_is_no_evidence_but_a_failure_beside_it_rejects() -> None:
    unknown = judged(parity=None)
    assert unknown.verdict == INSUFFICIENT
    assert unknown.reasons == (
        "Its parity could not be measured, and what is unknown is not passed (parity was not measured, expected >= 1)",
    )
    assert unknown.headline.startswith("This chain may not trade: there is too little evidence")
    assert judged(parity=None, deflated_sharpe=0.1).verdict == REJECTED


def test_pbo_waits_for_its_days_without_holding_anything_back() -> None:
    report = judged(pbo=None)
    assert report.verdict == PASSED
    assert next(row for row in report.rows if row.name == "pbo").passed is None


def test_a_decision_that_nobody_timed_holds_nothing_back() -> None:
    assert judged(decision_ms=None).verdict == PASSED


def test_values_and_gates_must_be_the_same_names() -> None:
    with pytest.raises(DataError, match="Gates and values differ"):
        evaluate({name: value for name, value in GOOD.items() if name != "parity"})
    with pytest.raises(DataError, match="Gates and values differ"):
        judged(luck=1.0)


def test_every_gate_has_a_limit_and_a_reason_and_a_name_of_its_own() -> None:
    assert len({gate.name for gate in GATES}) == len(GATES)
    assert all(gate.reason and gate.threshold for gate in GATES)


def test_every_gate_says_in_plain_words_what_its_failure_means() -> None:
    """A sentence that needs no glossary: no name of a gate, no symbol, no figure, no full stop."""
    assert len({gate.fails for gate in GATES}) == len(GATES)
    for gate in GATES:
        assert re.fullmatch(r"[A-Z][A-Za-z :,']+[a-z]", gate.fails), gate.name
        assert len(gate.fails) < 110


def test_a_report_survives_json() -> None:
    report = judged(pbo=None, deflated_sharpe=0.1234567890123456)
    assert GateReport.model_validate_json(report.canonical()) == report
    assert report.implied_verdict() == report.verdict
