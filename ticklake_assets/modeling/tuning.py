"""Choose the pattern model's parameters by cross-validation inside the train window."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.metrics import log_loss
from ticklake_assets.core.symbol_day import MICROS_PER_DAY
from ticklake_assets.core.tables import Events, Ints
from ticklake_assets.modeling.event_rows import take
from ticklake_assets.modeling.pattern import PatternParameters, fit_pattern, label_weights, predict

if TYPE_CHECKING:
    import optuna

TRIALS = 8
"""Fits are cheap and data is short: more trials choose noise."""
BLOCKS = 3


class Trial(NamedTuple):
    """One fit that was judged: every trial counts as a selection (MODEL.md, two trial counts)."""

    number: int
    parameters: PatternParameters
    loss: float
    """Weighted log loss on the held-out days, mean over the blocks."""
    skill: float
    """1 - loss / loss of the class frequencies: above 0 something was learnt."""


class Tuned(NamedTuple):
    parameters: PatternParameters
    trials: tuple[Trial, ...]

    @property
    def best(self) -> Trial:
        return min(self.trials, key=lambda trial: (trial.loss, trial.number))


def tune(events: Events, seed: int, trials: int = TRIALS) -> Tuned:
    """Search with a seeded TPE sampler; `events` are those of the train window and nothing else."""
    import optuna  # a second that only a training pays

    splits = day_blocks(events)
    done: list[Trial] = []

    def objective(trial: optuna.Trial) -> float:
        parameters = _suggest(trial)
        scores = [_held_out(events, split, parameters, seed) for split in splits]
        loss, base = (float(np.mean(column)) for column in zip(*scores, strict=True))
        done.append(Trial(trial.number, parameters, loss, 1 - loss / base))
        return loss

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    study.enqueue_trial(PatternParameters()._asdict())
    study.optimize(objective, n_trials=trials)
    best = min(done, key=lambda trial: (trial.loss, trial.number))
    return Tuned(best.parameters, tuple(done))


def day_blocks(events: Events, blocks: int = BLOCKS) -> list[tuple[Ints, Ints]]:
    """Split into (train rows, held-out rows) by runs of whole days; no label crosses a split.

    Features reset and orders end with the day, so there is nothing to purge: asserted here, not assumed.
    """
    days = np.unique(events.day)
    if len(days) < blocks:
        raise DataError(
            f"Too few train days for cross-validation. Expected {blocks} or more, was {len(days)}"
        )
    ends = (events.day + 1) * MICROS_PER_DAY
    late = int(np.sum(events.known_at_us >= ends))
    if late:
        raise DataError(
            f"Labels reach into the next day, so days do not separate them. Expected 0, was {late}"
        )
    splits = []
    for held in np.array_split(days, blocks):
        inside = np.isin(events.day, held)
        splits.append((np.flatnonzero(~inside), np.flatnonzero(inside)))
    return splits


def _suggest(trial: optuna.Trial) -> PatternParameters:
    return PatternParameters(
        depth=trial.suggest_int("depth", 2, 4),
        learning_rate=trial.suggest_float("learning_rate", 0.03, 0.15, log=True),
        row_share=trial.suggest_float("row_share", 0.5, 0.9),
        feature_share=trial.suggest_float("feature_share", 0.3, 0.9),
        leaf_penalty=trial.suggest_float("leaf_penalty", 1.0, 50.0, log=True),
    )


def _held_out(
    events: Events, split: tuple[Ints, Ints], parameters: PatternParameters, seed: int
) -> tuple[float, float]:
    """Loss on the held-out days, and that of always stating the train days' class frequencies."""
    train, held = take(events, split[0]), take(events, split[1])
    booster = fit_pattern(train, parameters, seed)
    weight = label_weights(held)
    base = np.bincount(train.outcome, weights=label_weights(train), minlength=3)
    constant = np.tile(base / base.sum(), (len(held.outcome), 1))
    return (
        log_loss(predict(booster, held.features), held.outcome, weight),
        log_loss(constant, held.outcome, weight),
    )
