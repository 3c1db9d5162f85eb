from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import numpy as np
import pytest

from ticklake_assets.core.errors import BundleError
from ticklake_assets.modeling.deployed.anomaly import fit_anomaly
from ticklake_assets_tests.modeling.markets import market, run_fold


def test_an_event_alone_is_predicted_as_in_the_batch() -> None:
    scorer, rows = run_fold().bundle.scorer(), market().events.features[:400]
    assert scorer.score_rows(rows) == [scorer.score(row) for row in rows]


def test_columns_of_another_layout_score_alike() -> None:
    scorer, rows = run_fold().bundle.scorer(), market().events.features[:50]
    assert scorer.score_rows(np.asfortranarray(rows)) == scorer.score_rows(rows)


def test_a_prediction_takes_calibration_anomaly_and_feed_together() -> None:
    scorer = run_fold().bundle.scorer()
    row = market().events.features[100].copy()
    raw = scorer.pattern.probabilities(row.reshape(1, -1))[0].tolist()
    found = scorer.score(row)
    assert found[:3] == scorer.calibration.apply(*raw)
    assert found.anomaly == scorer.anomaly.score(row)
    row[scorer.anomaly.features.index("gap")] = 1e5
    assert scorer.score(row).feed == ("feed_stale",)
    assert scorer.strangest(row)[0] == "gap"


def test_models_of_different_features_do_not_pair() -> None:
    scorer = run_fold().bundle.scorer()
    with pytest.raises(BundleError, match="different features"):
        replace(scorer, anomaly=fit_anomaly(np.random.default_rng(1).normal(size=(300, 2)), ("a", "b")))


def test_an_event_is_scored_within_a_tick() -> None:
    scorer, rows = run_fold().bundle.scorer(), market().events.features[:200]
    scorer.score(rows[0])
    started = perf_counter()
    for row in rows:
        scorer.score(row)
    # Some 35 us; the bound leaves room for a busy machine.
    assert (perf_counter() - started) / 200 < 5e-3
