from __future__ import annotations

import numpy as np
import optuna
import pytest

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.symbol_day import MICROS_PER_DAY
from ticklake_assets.modeling.event_rows import of_days, trading_days
from ticklake_assets.modeling.pattern import PatternParameters
from ticklake_assets.modeling.tuning import day_blocks, tune
from ticklake_assets_tests.modeling.markets import market

EVENTS = of_days(market().events, trading_days(market().events)[:6], "train")


def test_the_same_seed_chooses_the_same_and_the_budget_is_kept() -> None:
    first, again = tune(EVENTS, 3, 3), tune(EVENTS, 3, 3)
    assert first == again
    assert [trial.number for trial in first.trials] == [0, 1, 2]
    assert first.trials[0].parameters == PatternParameters()
    assert first.parameters == min(first.trials, key=lambda trial: trial.loss).parameters
    assert tune(EVENTS, 4, 3).trials[2] != first.trials[2]


def test_the_planted_pattern_shows_as_skill_and_noise_does_not() -> None:
    noise = of_days(market(strength=0.0).events, trading_days(market().events)[:6], "train")
    assert max(trial.skill for trial in tune(EVENTS, 1, 2).trials) > 0.05
    assert max(trial.skill for trial in tune(noise, 1, 2).trials) < 0.02


def test_blocks_are_whole_days_and_hold_out_every_row_once() -> None:
    splits = day_blocks(EVENTS)
    held = np.concatenate([held for _, held in splits])
    assert sorted(held) == list(range(len(EVENTS.day)))
    for train, hold in splits:
        assert not set(EVENTS.day[train]) & set(EVENTS.day[hold])
        assert len(train) + len(hold) == len(EVENTS.day)


def test_no_label_of_the_train_side_is_known_inside_the_held_out_days() -> None:
    for train, hold in day_blocks(EVENTS):
        begins, ends = EVENTS.day[hold].min() * MICROS_PER_DAY, (EVENTS.day[hold].max() + 1) * MICROS_PER_DAY
        overlap = (EVENTS.ts_us[train] < ends) & (EVENTS.known_at_us[train] >= begins)
        assert not overlap.any()


def test_a_label_that_reaches_into_the_next_day_is_refused() -> None:
    known = EVENTS.known_at_us.copy()
    known[7] = (EVENTS.day[7] + 1) * MICROS_PER_DAY
    with pytest.raises(DataError, match=r"Labels reach into the next day.*was 1"):
        day_blocks(EVENTS._replace(known_at_us=known))


def test_two_days_cannot_be_cross_validated() -> None:
    with pytest.raises(DataError, match="Expected 3 or more, was 2"):
        day_blocks(of_days(EVENTS, trading_days(EVENTS)[:2], "train"))


def test_optuna_is_quiet(caplog: pytest.LogCaptureFixture) -> None:
    optuna.logging.set_verbosity(optuna.logging.INFO)
    optuna.logging.enable_propagation()
    try:
        tune(EVENTS, 1, 1)
    finally:
        optuna.logging.disable_propagation()
    assert caplog.records == []
