"""What each gate lets through: markets of known strength, and what the fold after the judgement earned.

`python -m bench gates` takes some 5 minutes on two idle cores. The seeds are those of development: the proof
(ticklake_assets_tests/modeling/judging/test_gate_proof.py) has others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np

from ticklake_assets.core.features import features_of_day
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.metrics import calibration_error
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.modeling.deployed.calibration import Calibration
from ticklake_assets.modeling.deployed.gates import GATES
from ticklake_assets.modeling.deployed.onnx_scoring import OnnxModel
from ticklake_assets.modeling.fitting.event_rows import of_days
from ticklake_assets.modeling.fitting.pattern import label_weights
from ticklake_assets.modeling.judging.evidence import evidence_of
from ticklake_assets.modeling.judging.walk_forward import (
    FoldRecord,
    WalkForwardReport,
    judge,
    validated_elsewhere,
)
from ticklake_assets.sources.synthetic import Market, market_of, synthetic_day
from ticklake_assets_tests.modeling.foreign import DRIFTS, MARTINGALES, NULLS, PATTERNS
from ticklake_assets_tests.modeling.markets import (
    FIRST,
    FREE,
    QUICK_TRIALS,
    RunFold,
    market,
    quotes_of_table,
    run_fold,
)
from ticklake_assets_tests.modeling.verdicts import PROCESSES, Case, cases, folds_of, foreign

SEEDS = range(1, 6)
GROUPS = {
    "strength 1": cases(SEEDS, 1.0, trials=QUICK_TRIALS),
    "0.5": cases(SEEDS, 0.5, trials=QUICK_TRIALS),
    "0.25": cases(SEEDS, 0.25, trials=QUICK_TRIALS),
    "noise": cases(SEEDS, 0.0, trials=QUICK_TRIALS),
    "noise, no costs": cases(SEEDS, 0.0, free=True, trials=QUICK_TRIALS),
    "other nulls": foreign(NULLS, SEEDS[:2]),
    "other nulls, no costs": foreign(MARTINGALES, SEEDS, free=True),
    "drift": foreign(DRIFTS, SEEDS),
    "drift, no costs": foreign(DRIFTS, SEEDS, free=True),
    "other patterns": foreign(PATTERNS, SEEDS[:3], as_broker=True),
}
OVERSTATED = 2.0
"""Odds of the calibrated probabilities to this power: a model that is twice as sure as it may be."""


class Measured(NamedTuple):
    case: Case
    whole: WalkForwardReport
    before: WalkForwardReport
    """The chain without its last fold."""
    after_pips: float
    """What the last fold's test days earned."""
    stress: dict[str, float]


def run() -> list[dict[str, object]]:
    """One row a gate, then one a stress."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        done = {name: list(pool.map(measured, markets)) for name, markets in GROUPS.items()}
    return table(done)


def measured(case: Case) -> Measured:
    """Judge one market's chain, and the chain as it stood a fold earlier."""
    folds = folds_of(case)
    stress = {} if case.kind else stresses(case, folds[0].as_of)
    return Measured(case, _judged(folds), _judged(folds[:-1]), folds[-1].test.net_pips, stress)


def table(done: dict[str, list[Measured]]) -> list[dict[str, object]]:
    """Share of markets that meet each gate, and the share of following folds that earned, by met and failed."""
    everything = [each for markets in done.values() for each in markets]
    rows: list[dict[str, object]] = []
    for gate in (gate for gate in GATES if gate.name not in {"parity", "decision_ms", "pbo"}):
        row: dict[str, object] = {"gate": f"{gate.name} {gate.threshold}"}
        row |= {name: _share(_met(each.whole, gate.name) for each in of) for name, of in done.items()}
        for verdict, words in ((True, "met"), (False, "failed")):
            after = [each.after_pips > 0 for each in everything if _met(each.before, gate.name) is verdict]
            row[f"next fold earns, {words}"] = _share(after) + f" of {len(after)}"
        rows.append(row)
    rows.append({"gate": "all", **{name: _share(_passes(each) for each in of) for name, of in done.items()}})
    for openings in (5, 10, 20, 50):
        row = {"gate": f"all, {openings} openings"}
        rows.append(row | {n: _share(_passes(each, openings) for each in of) for n, of in done.items()})
    for name in everything[0].stress:
        row = {"gate": f"value: {name}"}
        for group, of in ((group, of) for group, of in done.items() if of[0].stress):
            low, middle, high = np.quantile([each.stress[name] for each in of], [0.0, 0.5, 1.0])
            row[group] = f"{middle:.3f} ({low:.3f} to {high:.3f})"
        rows.append(row)
    return rows


def stresses(case: Case, as_of: date) -> dict[str, float]:
    """Values of the gates without a natural unit on a fold as it is, and where something is wrong."""
    run = run_fold(as_of, case.symbol, case.seed, case.strength, free=case.free, trials=case.trials)
    held = market(case.symbol, case.seed, case.strength, free=case.free)
    events = of_days(held.events, run.fold.validate, "validate")
    weight, raw = label_weights(events), OnnxModel(run.trained.pattern_onnx).probabilities(events.features)
    calibration = run.validated.calibration.plain()
    sure = Calibration(
        calibration.temperature / OVERSTATED,
        OVERSTATED * calibration.bias_short,
        OVERSTATED * calibration.bias_long,
    )
    stated = np.array([sure.apply(*row) for row in raw.tolist()])
    hit = np.concatenate([events.outcome == 0, events.outcome == 2])
    usual = FREE if case.free else market_of(case.symbol)
    wild = replace(usual, sigma_1m_pips=2 * usual.sigma_1m_pips)
    dear = replace(usual, spread_pips=3 * usual.spread_pips)
    slow = replace(usual, ticks_a_day=usual.ticks_a_day // 3)
    seen: dict[str, Callable[[], float]] = {
        "calibration_error": lambda: run.validated.calibration_error,
        "calibration_error, twice as sure": lambda: calibration_error(
            np.concatenate([stated[:, 0], stated[:, 2]]), hit, np.concatenate([weight, weight])
        ),
        "lost_skill": lambda: run.validated.overfit.lost_skill,
        "coverage": lambda: run.record.test.coverage,
        "coverage, twice the volatility": lambda: _admitted(run, case, wild),
        "coverage, three times the spread": lambda: _admitted(run, case, dear),
        "coverage, a third of the quotes": lambda: _admitted(run, case, slow),
    }
    return {name: value() for name, value in seen.items()}


def _admitted(run: RunFold, case: Case, shape: Market) -> float:
    """Coverage of a day of another market under the fold's bundle."""
    day = SymbolDay(case.symbol, FIRST)
    features = features_of_day(day, quotes_of_table(synthetic_day(day, case.seed, case.strength, shape)))
    scores = run.bundle.scorer().anomaly.scores(features.features)
    return float(np.mean(scores <= run.bundle.thresholds.anomaly))


def _judged(folds: list[FoldRecord]) -> WalkForwardReport:
    return judge(folds, openings=1, parity=1.0, decision_ms=0.1)


def _met(report: WalkForwardReport, gate: str) -> bool:
    return next(row for row in report.gates.rows if row.name == gate).passed is True


def _passes(each: Measured, openings: int = 1) -> bool:
    """Whether every gate is met when the test days were opened that often; skill is taken at the least openings."""
    pip = instrument_of(each.case.symbol).pip
    nets = [np.array([trade.net for trade in day.trades]) / pip for day in each.whole.days]
    evidence = evidence_of(nets, max(5, openings), validated_elsewhere(each.whole.folds))
    others = all(row.passed is not False for row in each.whole.gates.rows if row.name != "deflated_sharpe")
    return others and evidence.deflated_sharpe >= 0.95


def _share(values: Iterable[bool]) -> str:
    held = list(values)
    return f"{np.mean(held):.0%}" if held else "none"
