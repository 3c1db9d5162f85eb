from __future__ import annotations

import numpy as np

from ticklake_assets.core.features import FEATURES
from ticklake_assets.core.schemas import names
from ticklake_assets.modeling.deployed.anomaly import AnomalyModel
from ticklake_assets.modeling.deployed.onnx_scoring import OnnxModel
from ticklake_assets.modeling.fitting.event_rows import of_days
from ticklake_assets.modeling.fitting.training import TrainingReport, train
from ticklake_assets.modeling.fitting.tuning import Budget
from ticklake_assets_tests.modeling.markets import QUICK_TRIALS, market, run_fold


def test_the_same_events_and_seed_give_the_same_files() -> None:
    run = run_fold()
    again = train(of_days(market().events, run.fold.train, "train"), 1, Budget(QUICK_TRIALS))
    assert again == run.trained


def test_only_the_train_days_matter() -> None:
    run = run_fold()
    events = market().events
    last = run.fold.train[-1].toordinal() - 719163
    poisoned = events._replace(features=np.where((events.day <= last)[:, None], events.features, 1e6))
    assert train(of_days(poisoned, run.fold.train, "train"), 1, Budget(QUICK_TRIALS)) == run.trained


def test_the_report_says_what_was_done() -> None:
    report = run_fold().trained.report
    assert report.days == 8
    assert report.events > report.effective > 500
    assert len(report.trials) == QUICK_TRIALS
    assert report.parameters in [trial.parameters for trial in report.trials]
    assert set(report.importance) <= set(names(FEATURES))
    assert report.onnx_difference <= 1e-6
    assert TrainingReport.model_validate_json(report.canonical()) == report


def test_the_files_load_by_themselves() -> None:
    trained = run_fold().trained
    assert OnnxModel(trained.pattern_onnx).feature_count == len(FEATURES)
    assert AnomalyModel.from_json(trained.anomaly_json).features == tuple(names(FEATURES))
