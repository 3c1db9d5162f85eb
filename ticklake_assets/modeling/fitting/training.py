"""Train both models of a fold on its train days and nothing else.

trained = train(of_days(events, fold.train, "train"), seed=1)
"""

from __future__ import annotations

from typing import NamedTuple

from ticklake_assets.core.features import FEATURES
from ticklake_assets.core.metrics import log_loss
from ticklake_assets.core.schemas import names
from ticklake_assets.core.tables import Events
from ticklake_assets.modeling.deployed.anomaly import fit_anomaly
from ticklake_assets.modeling.deployed.document import Document
from ticklake_assets.modeling.deployed.feed_rules import fit_feed_limits
from ticklake_assets.modeling.deployed.manifest import FeedLimitNumbers
from ticklake_assets.modeling.deployed.onnx_scoring import OnnxModel
from ticklake_assets.modeling.fitting.overfit import DayLoss, class_frequency_loss, day_losses
from ticklake_assets.modeling.fitting.pattern import (
    assert_equal_scores,
    booster_bytes,
    feature_importance,
    fit_pattern,
    label_weights,
    to_onnx,
)
from ticklake_assets.modeling.fitting.tuning import Budget, Trial, tune


class TrialRecord(Document):
    """One fit judged inside the train window, for the ledger."""

    number: int
    parameters: dict[str, float]
    loss: float
    skill: float
    fits: int
    pruned: bool
    path_losses: tuple[float, ...]

    @classmethod
    def of(cls, trial: Trial) -> TrialRecord:
        return cls(**{**trial._asdict(), "parameters": trial.parameters._asdict()})


class SearchBudget(Document):
    """What the search was allowed, and what it took."""

    trials: int
    groups: int
    held_groups: int
    fits: int
    """Models fitted while searching; pruning keeps it below trials x splits."""


class TrainingReport(Document):
    """What training did, as JSON."""

    seed: int
    events: int
    effective: float
    """Sum of the labels' uniqueness."""
    days: int
    parameters: dict[str, float]
    budget: SearchBudget
    trials: tuple[TrialRecord, ...]
    train_loss: float
    """Weighted log loss of the ONNX model on its own train rows: the overfit gap starts here."""
    base_loss: float
    """That of stating the train days' class frequencies."""
    day_losses: tuple[DayLoss, ...]
    importance: dict[str, float]
    """Share of the gain by feature, largest first."""
    onnx_difference: float
    """Largest difference between booster and ONNX on the train rows."""
    feed: tuple[FeedLimitNumbers, ...]


class Trained(NamedTuple):
    """The files and figures of one training."""

    pattern_onnx: bytes
    anomaly_json: bytes
    booster_json: bytes
    """The trees as XGBoost keeps them: compared with the ONNX file, never deployed."""
    report: TrainingReport


def train(events: Events, seed: int, budget: Budget | None = None) -> Trained:
    """Tune, fit and convert; the same events, seed and budget give the same bytes."""
    features, budget = tuple(names(FEATURES)), budget or Budget()
    tuned = tune(events, seed, budget)
    booster = fit_pattern(events, tuned.parameters, seed)
    onnx = to_onnx(booster)
    weight = label_weights(events)
    probabilities = OnnxModel(onnx).probabilities(events.features)
    report = TrainingReport(
        seed=seed,
        events=len(events.ts_us),
        effective=float(weight.sum()),
        days=len(set(events.day.tolist())),
        parameters=tuned.parameters._asdict(),
        budget=SearchBudget(**budget._asdict(), fits=sum(trial.fits for trial in tuned.trials)),
        trials=tuple(TrialRecord.of(trial) for trial in tuned.trials),
        train_loss=log_loss(probabilities, events.outcome, weight),
        base_loss=class_frequency_loss(events, weight),
        day_losses=day_losses(events, probabilities, weight),
        importance=feature_importance(booster, features),
        onnx_difference=assert_equal_scores(booster, onnx, events.features),
        feed=tuple(
            FeedLimitNumbers(**limit._asdict()) for limit in fit_feed_limits(events.features, features)
        ),
    )
    return Trained(onnx, fit_anomaly(events.features, features).to_json(), booster_bytes(booster), report)
