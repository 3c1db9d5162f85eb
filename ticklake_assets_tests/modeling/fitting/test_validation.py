from __future__ import annotations

import numpy as np
import pytest

from ticklake_assets.core.metrics import calibration_error, deflated_sharpe, design_effect
from ticklake_assets.modeling.deployed.calibration import fit_calibration
from ticklake_assets.modeling.deployed.onnx_scoring import OnnxModel
from ticklake_assets.modeling.fitting.event_rows import of_days
from ticklake_assets.modeling.fitting.pattern import label_weights
from ticklake_assets.modeling.fitting.thresholds import QUANTILES
from ticklake_assets.modeling.fitting.validation import ValidationReport, validate
from ticklake_assets_tests.modeling.markets import market, run_fold


def test_the_same_input_gives_the_same_report() -> None:
    run, (known, events, quotes, _) = run_fold(), market()
    again = validate(run.trained, of_days(events, run.fold.validate, "validate"), quotes.__getitem__, known)
    assert again == run.validated
    assert ValidationReport.model_validate_json(again.canonical()) == again


def test_earlier_selections_deflate_the_sharpe_and_leave_the_bundle_as_it_is() -> None:
    run, (known, events, quotes, _) = run_fold(strength=0.0), market(strength=0.0)
    days = of_days(events, run.fold.validate, "validate")
    later = validate(run.trained, days, quotes.__getitem__, known, earlier_selections=93)
    trades = np.array(run.validated.chosen.trade_net_pips)
    effect = design_effect(run.validated.chosen.nets_by_day)
    assert run.validated.deflated_sharpe == deflated_sharpe(trades, len(QUANTILES), effect)
    assert later.deflated_sharpe == deflated_sharpe(trades, 93 + len(QUANTILES), effect)
    assert later.deflated_sharpe < run.validated.deflated_sharpe
    assert later == run.validated.model_copy(update={"deflated_sharpe": later.deflated_sharpe})


def test_no_validation_score_lies_on_a_threshold() -> None:
    run = run_fold()
    unseen = of_days(market().events, run.fold.validate, "validate")
    predictions = run.bundle.scorer().score_rows(unseen.features)
    assert run.validated.thresholds.act not in [each.confidence for each in predictions]
    assert run.validated.selections == len(QUANTILES)


def test_two_percent_of_the_validation_events_are_out_of_distribution() -> None:
    run = run_fold()
    unseen = of_days(market().events, run.fold.validate, "validate")
    scores = [each.anomaly for each in run.bundle.scorer().score_rows(unseen.features)]
    assert np.mean(np.array(scores) > run.validated.thresholds.anomaly) == pytest.approx(0.02, abs=0.002)


def test_a_planted_pattern_beats_the_class_frequencies_and_noise_does_not() -> None:
    strong, noise = run_fold().validated, run_fold(strength=0.0).validated
    assert strong.loss < 0.95 * strong.base_loss
    assert noise.loss > 0.98 * noise.base_loss
    assert strong.chosen.net_pips > 50 > noise.chosen.net_pips


def test_probabilities_are_calibrated_on_days_that_did_not_calibrate_them() -> None:
    report = run_fold().validated
    assert report.calibration_error < 0.08
    assert sum(each.rows for each in report.reliability) == 2 * report.events
    assert sum(each.share for each in report.reliability) == pytest.approx(1.0)
    assert [each.stated for each in report.reliability] == sorted(each.stated for each in report.reliability)


def test_the_calibration_error_is_that_of_days_calibrated_by_the_other_days() -> None:
    run = run_fold()
    events = of_days(market().events, run.fold.validate, "validate")
    weight = label_weights(events)
    raw = OnnxModel(run.trained.pattern_onnx).probabilities(events.features)
    stated = np.empty_like(raw)
    for day in np.unique(events.day):
        there, elsewhere = events.day == day, events.day != day
        other = fit_calibration(raw[elsewhere], events.outcome[elsewhere], weight[elsewhere])
        stated[there] = [other.apply(*row) for row in raw[there].tolist()]
    both = np.concatenate([stated[:, 0], stated[:, 2]])
    hit = np.concatenate([events.outcome == 0, events.outcome == 2])
    assert run.validated.calibration_error == calibration_error(both, hit, np.concatenate([weight, weight]))


def test_the_overfit_gap_is_positive_where_trees_remember() -> None:
    assert run_fold(strength=0.0).validated.overfit_gap > 0


def test_days_add_up() -> None:
    report = run_fold().validated
    assert [each.day for each in report.days] == list(run_fold().fold.validate)
    assert sum(each.events for each in report.days) == report.events
    assert sum(each.effective for each in report.days) == pytest.approx(report.effective)
    assert tuple(each.net_pips for each in report.days) == report.chosen.daily_net_pips
    assert report.effective < 0.6 * report.events


def test_stability_is_the_spread_of_the_days_skill() -> None:
    report, noise = run_fold().validated, run_fold(strength=0.0).validated
    assert report.skill_spread == pytest.approx(np.std([day.skill for day in report.days], ddof=1))
    assert min(day.skill for day in report.days) > 0.05 > max(day.skill for day in noise.days)


def test_nothing_after_the_validation_days_is_looked_at() -> None:
    run, (known, events, quotes, _) = run_fold(), market()
    known_then = {day: quotes[day] for day in run.fold.validate}
    again = validate(
        run.trained, of_days(events, run.fold.validate, "validate"), known_then.__getitem__, known
    )
    assert again == run.validated
