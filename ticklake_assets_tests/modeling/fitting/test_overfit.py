from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.core.metrics import log_loss
from ticklake_assets.modeling.deployed.onnx_scoring import OnnxModel
from ticklake_assets.modeling.fitting.event_rows import of_days
from ticklake_assets.modeling.fitting.overfit import (
    DRAWN,
    DayLoss,
    OverfitGap,
    class_frequency_loss,
    day_losses,
    lost_share,
    overfit_gap,
)
from ticklake_assets.modeling.fitting.pattern import label_weights
from ticklake_assets_tests.modeling.markets import market, run_fold


def days(*losses: float, effective: float = 100.0) -> list[DayLoss]:
    first = date(2024, 1, 1)
    return [
        DayLoss(day=first + timedelta(days=place), effective=effective, loss=loss)
        for place, loss in enumerate(losses)
    ]


def test_the_gap_is_the_difference_of_weighted_losses() -> None:
    seen = [*days(0.9), *days(0.8, effective=300)]
    found = overfit_gap(seen, 1.0, days(1.0, 1.1), 1.0)
    assert found.gap == pytest.approx(1.05 - (0.9 + 3 * 0.8) / 4)
    assert found.seen_skill == pytest.approx(0.175)
    assert found.unseen_skill == pytest.approx(-0.05)
    assert found.lost_skill == pytest.approx(lost_share(0.175, -0.05)) == pytest.approx(1 + 0.05 / 0.175)


def test_the_p_value_counts_every_choice_of_unseen_days() -> None:
    """Unseen days that are worse than every train day: one choice of 45 has such a gap."""
    found = overfit_gap(days(*np.linspace(0.8, 0.9, 8)), 1.0, days(1.0, 1.1), 1.0)
    assert (found.arrangements, found.p_value) == (45, pytest.approx(1 / 45))
    assert overfit_gap(days(1.0, 1.0), 1.0, days(1.0), 1.0).p_value == 1.0


@given(st.lists(st.floats(0.5, 1.5), min_size=3, max_size=7), st.integers(1, 2))
def test_the_p_value_is_that_of_plain_enumeration(losses: list[float], unseen: int) -> None:
    found = overfit_gap(days(*losses[:-unseen]), 1.0, days(*losses[-unseen:]), 1.0)
    everyone = set(range(len(losses)))
    gaps = {
        chosen: np.mean([losses[i] for i in chosen]) - np.mean([losses[i] for i in everyone - set(chosen)])
        for chosen in combinations(range(len(losses)), unseen)
    }
    actual = gaps[tuple(range(len(losses) - unseen, len(losses)))]
    assert found.p_value == pytest.approx(np.mean([gap >= actual - 1e-12 for gap in gaps.values()]))
    assert found.p_value >= 1 / found.arrangements


def test_long_windows_draw_a_seeded_sample() -> None:
    rng = np.random.default_rng(1)
    seen, unseen = days(*rng.normal(1, 0.05, 60)), days(*rng.normal(1, 0.05, 10))
    first = overfit_gap(seen, 1.0, unseen, 1.0, seed=7)
    assert first == overfit_gap(seen, 1.0, unseen, 1.0, seed=7)
    assert first.arrangements == DRAWN + 1
    assert 1 / first.arrangements <= first.p_value < 1


def test_p_values_are_uniform_where_nothing_was_memorised() -> None:
    rng = np.random.default_rng(2)
    values = [
        overfit_gap(days(*rng.normal(1, 0.05, 8)), 1.0, days(*rng.normal(1, 0.05, 2)), 1.0).p_value
        for _ in range(400)
    ]
    assert np.mean(np.array(values) <= 0.1) == pytest.approx(0.1, abs=0.04)


def test_without_skill_on_train_days_all_of_it_is_lost() -> None:
    assert lost_share(0.0, 0.0) == lost_share(-0.1, 0.2) == 1.0
    assert lost_share(0.2, 0.2) == 0.0


def test_days_add_up_to_the_loss_of_all_rows() -> None:
    run = run_fold()
    events = of_days(market().events, run.fold.validate, "validate")
    weight, raw = label_weights(events), OnnxModel(run.trained.pattern_onnx).probabilities(events.features)
    parts = day_losses(events, raw, weight)
    assert [part.day for part in parts] == list(run.fold.validate)
    mean = np.average([part.loss for part in parts], weights=[part.effective for part in parts])
    assert mean == pytest.approx(log_loss(raw, events.outcome, weight))
    assert run.validated.base_loss == class_frequency_loss(events, weight)
    assert len(run.trained.report.day_losses) == 8


def test_noise_keeps_nothing_of_what_was_learnt_and_a_pattern_most() -> None:
    noise, pattern = (run_fold(strength=strength).validated.overfit for strength in (0.0, 1.0))
    assert noise.lost_skill > 0.75 > pattern.lost_skill
    assert noise.gap > 0
    assert noise.p_value <= 0.1
    assert OverfitGap.model_validate_json(noise.canonical()) == noise
