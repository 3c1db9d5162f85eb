from __future__ import annotations

import numpy as np
import optuna
import pytest

from ticklake_assets.core.errors import DataError
from ticklake_assets.modeling.fitting.event_rows import of_days, trading_days
from ticklake_assets.modeling.fitting.pattern import PatternParameters
from ticklake_assets.modeling.fitting.tuning import Budget, tune
from ticklake_assets_tests.modeling.markets import market

EVENTS = of_days(market().events, trading_days(market().events)[:6], "train")


def test_the_same_seed_chooses_the_same_and_the_budget_is_kept() -> None:
    first, again = tune(EVENTS, 3, Budget(3)), tune(EVENTS, 3, Budget(3))
    assert first == again
    assert [trial.number for trial in first.trials] == [0, 1, 2]
    assert first.trials[0].parameters == PatternParameters()
    assert first.parameters == min(first.trials, key=lambda trial: trial.loss).parameters
    assert tune(EVENTS, 4, Budget(3)).trials[2] != first.trials[2]


def test_the_planted_pattern_shows_as_skill_and_noise_does_not() -> None:
    noise = of_days(market(strength=0.0).events, trading_days(market().events)[:6], "train")
    assert max(trial.skill for trial in tune(EVENTS, 1, Budget(2)).trials) > 0.05
    assert max(trial.skill for trial in tune(noise, 1, Budget(2)).trials) < 0.02


def test_a_hopeless_trial_is_given_up_and_never_chosen() -> None:
    tuned = tune(EVENTS, 1, Budget(12))
    pruned = [trial for trial in tuned.trials if trial.pruned]
    assert 0 < len(pruned) < 12 - 3
    assert all(trial.fits < 3 and trial.path_losses == () for trial in pruned)
    assert all(trial.fits == 3 and len(trial.path_losses) == 1 for trial in tuned.trials if not trial.pruned)
    assert not tuned.best.pruned
    assert tuned.best.parameters == tuned.parameters


def test_combinatorial_splits_give_a_loss_a_path() -> None:
    (trial,) = tune(EVENTS, 1, Budget(trials=1, groups=4, held_groups=2)).trials
    assert trial.fits == 6
    assert len(trial.path_losses) == 3
    assert len(set(trial.path_losses)) == 3
    assert trial.loss == pytest.approx(np.mean(trial.path_losses))


def test_a_search_without_a_budget_is_refused() -> None:
    with pytest.raises(DataError, match="Expected 1 trial or more, was 0"):
        tune(EVENTS, 1, Budget(trials=0))


def test_optuna_is_quiet(caplog: pytest.LogCaptureFixture) -> None:
    optuna.logging.set_verbosity(optuna.logging.INFO)
    optuna.logging.enable_propagation()
    try:
        tune(EVENTS, 1, Budget(1))
    finally:
        optuna.logging.disable_propagation()
    assert caplog.records == []
