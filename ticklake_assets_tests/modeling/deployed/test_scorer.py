from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.core.errors import BundleError
from ticklake_assets.core.features import FEATURES
from ticklake_assets.modeling.deployed.anomaly import fit_anomaly
from ticklake_assets.modeling.deployed.calibration import Calibration
from ticklake_assets.modeling.deployed.decision import NOT_FINITE, decide, market_events
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


@given(st.integers(0, len(FEATURES) - 1), st.sampled_from([np.nan, np.inf, -np.inf]), st.integers(0, 400))
def test_a_feature_that_is_not_finite_gives_no_order(feature: int, value: float, at: int) -> None:
    run, held = run_fold(), market()
    row = held.events.features[at].copy()
    row[feature] = value
    found = run.bundle.scorer().score(row)
    assert np.isnan(found[:4]).all()
    thresholds = run.bundle.thresholds._replace(act=0.0, anomaly=np.inf)
    made = decide(market_events(held.events)[at], found, thresholds, held.instrument)
    assert made.abstain == (NOT_FINITE,)
    assert not made.is_order


def test_a_calibration_that_is_not_finite_gives_no_order() -> None:
    run, held = run_fold(), market()
    scorer = replace(run.bundle.scorer(), calibration=Calibration(np.nan))
    for event, found in zip(
        market_events(held.events)[:50], scorer.score_rows(held.events.features[:50]), strict=True
    ):
        assert (
            NOT_FINITE
            in decide(event, found, run.bundle.thresholds._replace(act=0.0), held.instrument).abstain
        )


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
