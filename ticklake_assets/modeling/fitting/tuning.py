"""Choose the pattern model's parameters by purged cross-validation inside the train window."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.metrics import log_loss
from ticklake_assets.core.tables import Events
from ticklake_assets.modeling.fitting.event_rows import take
from ticklake_assets.modeling.fitting.pattern import PatternParameters, fit_pattern, label_weights, predict
from ticklake_assets.modeling.fitting.splits import Split, groups_of_days, paths, purged_splits

if TYPE_CHECKING:
    import optuna

TRIALS = 8
"""Fits are cheap and data is short: more trials choose noise."""
GROUPS, HELD_GROUPS = 3, 1
EMBARGO_US = 30 * 60_000_000
"""The longest horizon and the memory of sigma_1m: features reset at midnight, the market that they saw does not."""
_UNPRUNED = 3
"""Trials, the default parameters first, that set the median which later ones must keep up with."""
_RANDOM = 4
"""Trials before the sampler models the loss: Optuna's default of 10 would make the whole budget a random search."""


class Budget(NamedTuple):
    """How much a search may spend: at most trials x splits fits."""

    trials: int = TRIALS
    groups: int = GROUPS
    """Runs of whole days."""
    held_groups: int = HELD_GROUPS
    """Groups that each split holds out; from 2 on the splits are combinatorial."""


class Trial(NamedTuple):
    """One set of parameters that was judged: every trial counts as a selection (docs/trials.md, The ledger)."""

    number: int
    parameters: PatternParameters
    loss: float
    """Weighted log loss on the held-out days, mean over the splits that were fitted."""
    skill: float
    """1 - loss / loss of the class frequencies: above 0 something was learnt."""
    fits: int
    pruned: bool
    """Given up after `fits` splits, being worse than the median of the trials before."""
    path_losses: tuple[float, ...]
    """Mean loss along each path through all groups; empty where pruned."""


class Tuned(NamedTuple):
    parameters: PatternParameters
    trials: tuple[Trial, ...]

    @property
    def best(self) -> Trial:
        return _best(self.trials)


def tune(events: Events, seed: int, budget: Budget | None = None) -> Tuned:
    """Search with a seeded TPE sampler and median pruning; `events` are those of the train window and nothing else."""
    import optuna  # a second that only a training pays

    budget = budget or Budget()
    if budget.trials < 1:
        raise DataError(f"A search needs a budget. Expected 1 trial or more, was {budget.trials}")
    group = groups_of_days(events, budget.groups)
    splits = purged_splits(events.ts_us, events.known_at_us, group, EMBARGO_US, budget.held_groups)
    done: list[Trial] = []

    def objective(trial: optuna.Trial) -> float:
        parameters, scores = _suggest(trial), list[dict[int, tuple[float, float]]]()
        for step, split in enumerate(splits):
            scores.append(_held_out(events, split, parameters, seed))
            trial.report(_mean(scores)[0], step)
            if step + 1 < len(splits) and trial.should_prune():
                break
        loss, base = _mean(scores)
        pruned = len(scores) < len(splits)
        walked = () if pruned else tuple(_along(path, scores) for path in paths(splits))
        done.append(Trial(trial.number, parameters, loss, 1 - loss / base, len(scores), pruned, walked))
        if pruned:
            raise optuna.TrialPruned
        return loss

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=seed, n_startup_trials=_RANDOM),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=_UNPRUNED),
    )
    study.enqueue_trial(PatternParameters()._asdict())
    study.optimize(objective, n_trials=budget.trials)
    return Tuned(_best(done).parameters, tuple(done))


def _best(trials: list[Trial] | tuple[Trial, ...]) -> Trial:
    """The least loss over all splits; of a pruned trial that is not known."""
    return min((each for each in trials if not each.pruned), key=lambda trial: (trial.loss, trial.number))


def _suggest(trial: optuna.Trial) -> PatternParameters:
    return PatternParameters(
        depth=trial.suggest_int("depth", 2, 4),
        learning_rate=trial.suggest_float("learning_rate", 0.03, 0.15, log=True),
        row_share=trial.suggest_float("row_share", 0.5, 0.9),
        feature_share=trial.suggest_float("feature_share", 0.3, 0.9),
        leaf_penalty=trial.suggest_float("leaf_penalty", 1.0, 50.0, log=True),
    )


def _held_out(
    events: Events, split: Split, parameters: PatternParameters, seed: int
) -> dict[int, tuple[float, float]]:
    """By held-out group: its loss, and that of always stating the train days' class frequencies."""
    train = take(events, split.train)
    booster = fit_pattern(train, parameters, seed)
    base = np.bincount(train.outcome, weights=label_weights(train), minlength=3)
    losses = {}
    for group, rows in split.held.items():
        held = take(events, rows)
        weight = label_weights(held)
        constant = np.tile(base / base.sum(), (len(rows), 1))
        losses[group] = (
            log_loss(predict(booster, held.features), held.outcome, weight),
            log_loss(constant, held.outcome, weight),
        )
    return losses


def _mean(scores: list[dict[int, tuple[float, float]]]) -> tuple[float, float]:
    """Mean loss and base loss over every held-out group of every split."""
    loss, base = zip(*(pair for split in scores for pair in split.values()), strict=True)
    return float(np.mean(loss)), float(np.mean(base))


def _along(path: dict[int, int], scores: list[dict[int, tuple[float, float]]]) -> float:
    return float(np.mean([scores[index][group][0] for group, index in path.items()]))
