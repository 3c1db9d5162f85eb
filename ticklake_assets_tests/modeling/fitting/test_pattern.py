from __future__ import annotations

import numpy as np
import pytest

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.metrics import log_loss
from ticklake_assets.modeling.deployed.onnx_scoring import OnnxModel
from ticklake_assets.modeling.fitting.event_rows import take
from ticklake_assets.modeling.fitting.pattern import (
    PatternParameters,
    assert_equal_scores,
    booster_bytes,
    feature_importance,
    fit_pattern,
    label_weights,
    load_booster,
    predict,
    to_onnx,
)
from ticklake_assets_tests.modeling.markets import market

HALF = np.arange(4000)


def test_the_same_seed_gives_the_same_onnx_bytes_and_another_seed_others() -> None:
    events = take(market().events, HALF)
    first, again, other = (to_onnx(fit_pattern(events, PatternParameters(), seed)) for seed in (1, 1, 2))
    assert first == again != other


def test_booster_and_onnx_agree_and_a_foreign_file_is_noticed() -> None:
    events = market().events
    booster = fit_pattern(take(events, HALF), PatternParameters(), 1)
    assert assert_equal_scores(booster, to_onnx(booster), events.features) <= 1e-6
    other = to_onnx(fit_pattern(take(events, HALF), PatternParameters(depth=2), 1))
    with pytest.raises(DataError, match="ONNX file and booster differ"):
        assert_equal_scores(booster, other, events.features)


def test_it_learns_the_planted_pattern_and_finds_its_features() -> None:
    events = market().events
    train, unseen = take(events, HALF), take(events, np.arange(5000, len(events.day)))
    booster = fit_pattern(train, PatternParameters(), 1)
    weight = label_weights(unseen)
    base = np.bincount(train.outcome, minlength=3) / len(train.outcome)
    skill = 1 - log_loss(predict(booster, unseen.features), unseen.outcome, weight) / log_loss(
        np.tile(base, (len(weight), 1)), unseen.outcome, weight
    )
    assert skill > 0.08
    names = tuple(str(index) for index in range(events.features.shape[1]))
    importance = feature_importance(booster, names)
    assert sum(importance.values()) == pytest.approx(1.0)
    assert list(importance.values()) == sorted(importance.values(), reverse=True)


def test_trees_come_back_from_their_bytes() -> None:
    events = take(market().events, HALF)
    booster = fit_pattern(events, PatternParameters(), 1)
    again = load_booster(booster_bytes(booster))
    assert predict(again, events.features).tobytes() == predict(booster, events.features).tobytes()
    assert to_onnx(again) == to_onnx(booster)


def test_overlapping_labels_weigh_less() -> None:
    weight = label_weights(market().events)
    assert 0 < weight.min() <= weight.max() <= 1
    assert 0.15 < weight.mean() < 0.5


def test_weights_change_the_trees() -> None:
    events = take(market().events, HALF)
    alone = events._replace(known_at_us=events.ts_us + 1)
    assert to_onnx(fit_pattern(alone, PatternParameters(), 1)) != to_onnx(
        fit_pattern(events, PatternParameters(), 1)
    )


def test_a_missing_outcome_is_an_error() -> None:
    events = market().events
    with pytest.raises(DataError, match="Expected the classes 0, 1 and 2"):
        fit_pattern(take(events, np.flatnonzero(events.outcome != 2)), PatternParameters(), 1)


def test_one_row_is_enough_for_onnx() -> None:
    events = take(market().events, HALF)
    model = OnnxModel(to_onnx(fit_pattern(events, PatternParameters(depth=4), 3)))
    assert model.feature_count == events.features.shape[1]
    assert model.probabilities(events.features[:1]).shape == (1, 3)
