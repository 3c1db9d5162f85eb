from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ticklake_assets.core.tables import Floats
from ticklake_assets.modeling.deployed.scorer import Scorer
from ticklake_assets.modeling.fitting.event_rows import of_days
from ticklake_assets.modeling.fitting.pattern import label_weights
from ticklake_assets.modeling.judging.importance import (
    CORRELATED,
    FoldImportance,
    Importance,
    correlated_groups,
    importance_of,
)
from ticklake_assets_tests.modeling.markets import market, run_fold


class Blind:
    """A pattern model that reads the imbalance of a minute alone, and remembers how often it was asked."""

    feature_count = 39

    def __init__(self, column: int) -> None:
        self.column, self.asked, self.rows = column, 0, 0

    def probabilities(self, rows: Floats) -> Floats:
        self.asked += 1
        self.rows = len(rows)
        long = 1 / (1 + np.exp(-4 * rows[:, self.column]))
        return np.stack([0.8 * (1 - long), np.full(len(rows), 0.2), 0.8 * long], axis=1)


def by_name(found: FoldImportance) -> dict[str, Importance]:
    return {each.features[0]: each for each in found.alone}


def test_the_planted_pattern_is_what_counts_and_what_carries_it_together_counts_more() -> None:
    """Synthetic markets hide their flow in the imbalance of sizes."""
    found = run_fold().record.test.importance
    alone = by_name(found)
    assert list(alone) == list(run_fold().bundle.manifest.features)
    best = max(alone.values(), key=lambda each: each.loss_rise)
    assert best.features == ("imbalance_1m",)
    assert best.loss_rise > 3 * best.spread > 0
    (group,) = [each for each in found.together if "imbalance_1m" in each.features]
    assert "imbalance_30s" in group.features
    assert group.loss_rise > 1.2 * best.loss_rise, "alone each hides behind the other"


def test_noise_has_gain_but_no_importance_on_test_days() -> None:
    noise = run_fold(strength=0.0)
    assert max(noise.trained.report.importance.values()) > 0.05
    assert max(each.loss_rise for each in noise.record.test.importance.alone) < 0.02


def test_a_feature_that_the_model_does_not_read_is_worth_exactly_nothing() -> None:
    run, held = run_fold(), market()
    events, features = of_days(held.events, run.fold.test, "test"), run.bundle.manifest.features
    column = features.index("imbalance_1m")
    blind = Blind(column)
    scorer = replace(run.bundle.scorer(), pattern=blind)  # type: ignore[arg-type]
    found = importance_of(scorer, events, label_weights(events), features)
    for each in found.alone:
        assert (each.loss_rise != 0) == (each.features == ("imbalance_1m",))
    for each in found.together:
        assert (each.loss_rise != 0) == ("imbalance_1m" in each.features)
    assert blind.asked == 1 + 3 * (len(found.alone) + len(found.together))
    assert blind.rows == len(events.ts_us)


def test_of_a_long_test_a_sample_is_shuffled() -> None:
    run, held = run_fold(), market()
    events, features = of_days(held.events, run.fold.test, "test"), run.bundle.manifest.features
    blind = Blind(features.index("imbalance_1m"))
    scorer = replace(run.bundle.scorer(), pattern=blind)  # type: ignore[arg-type]
    sampled = importance_of(scorer, events, label_weights(events), features, most_events=400)
    assert blind.rows == 400
    whole = importance_of(scorer, events, label_weights(events), features)
    assert sampled != whole
    name = "imbalance_1m"
    assert by_name(sampled)[name].loss_rise == pytest.approx(by_name(whole)[name].loss_rise, rel=0.3)


def test_the_same_seed_shuffles_the_same_and_the_events_stay_as_they_are() -> None:
    run, held = run_fold(), market()
    events = of_days(held.events, run.fold.test, "test")
    weight, features, before = label_weights(events), run.bundle.manifest.features, events.features.copy()
    scorer: Scorer = run.bundle.scorer()
    first, again, other = (
        importance_of(scorer, events, weight, features, seed, most_events=300) for seed in (1, 1, 2)
    )
    assert first == again != other
    np.testing.assert_array_equal(events.features, before)


def test_columns_that_follow_one_another_are_a_group_whatever_their_scale() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=500), rng.normal(size=500)
    columns = [first, second, np.exp(first), np.full(500, 3.0), -(second**3), rng.normal(size=500)]
    assert correlated_groups(np.stack(columns, axis=1)) == [[0, 2], [1, 4]]


@given(arrays(np.float64, (12, 4), elements=st.sampled_from([0.0, 1.0, 2.0, 5.0])))
def test_ranks_with_ties_correlate_as_in_scipy(values: Floats) -> None:
    stats = pytest.importorskip("scipy.stats")
    ranks = np.apply_along_axis(stats.rankdata, 0, values)
    near = {
        (a, b)
        for a in range(4)
        for b in range(4)
        if a != b
        and np.ptp(ranks[:, a]) * np.ptp(ranks[:, b]) > 0
        and abs(np.corrcoef(ranks[:, a], ranks[:, b])[0, 1]) > CORRELATED
    }
    grouped = {column for group in correlated_groups(values) for column in group}
    assert grouped == {column for pair in near for column in pair}
    for a, b in near:
        assert any({a, b} <= set(group) for group in correlated_groups(values))
