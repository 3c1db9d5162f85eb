"""Judge trained models on unseen days and choose, here and nowhere later, every number that decides.

report = validate(trained, of_days(events, fold.validate, "validate"), quotes_of, instrument)
"""

from __future__ import annotations

from datetime import date

import numpy as np

from ticklake_assets.core.instruments import Instrument
from ticklake_assets.core.metrics import (
    calibration_bins,
    calibration_error,
    deflated_sharpe,
    design_effect,
    log_loss,
)
from ticklake_assets.core.tables import Events, Floats
from ticklake_assets.modeling.deployed.anomaly import AnomalyModel
from ticklake_assets.modeling.deployed.calibration import Calibration, fit_calibration
from ticklake_assets.modeling.deployed.decision import Thresholds
from ticklake_assets.modeling.deployed.document import Document
from ticklake_assets.modeling.deployed.manifest import CalibrationNumbers, ThresholdNumbers
from ticklake_assets.modeling.deployed.onnx_scoring import OnnxModel
from ticklake_assets.modeling.deployed.scorer import Scorer
from ticklake_assets.modeling.fitting.event_rows import take, trading_days
from ticklake_assets.modeling.fitting.overfit import OverfitGap, class_frequency_loss, day_losses, overfit_gap
from ticklake_assets.modeling.fitting.pattern import label_weights
from ticklake_assets.modeling.fitting.thresholds import Candidate, QuotesOf, choose, judge_candidates
from ticklake_assets.modeling.fitting.training import Trained
from ticklake_assets.modeling.trading.abstaining import Abstaining, what_abstaining_did

ANOMALY_QUANTILE = 0.98
"""Of the validation scores: some 2 % of a market like this one abstain."""


class CalibrationBin(Document):
    rows: int
    stated: float
    observed: float
    share: float
    """Of the effective sample."""


class ValidationDay(Document):
    """One day, to see whether a single one carries the result."""

    day: date
    events: int
    effective: float
    loss: float
    skill: float
    """1 - loss / loss of the day's own class frequencies, which the model cannot know beforehand."""
    net_pips: float


class ValidationReport(Document):
    """Everything chosen and found on the validation days, as JSON."""

    events: int
    effective: float
    calibration: CalibrationNumbers
    thresholds: ThresholdNumbers
    chosen: Candidate
    candidates: tuple[Candidate, ...]
    loss: float
    """Weighted log loss after calibration."""
    base_loss: float
    """That of stating the validation days' own class frequencies: a floor for no skill."""
    overfit: OverfitGap
    """Train days against these, before calibration: the gap, the skill that it took, the p value."""
    calibration_error: float
    """Of days that the calibration was not fitted on, where there are two."""
    reliability: tuple[CalibrationBin, ...]
    deflated_sharpe: float
    """Of the chosen candidate's trades, deflated by N_select: these candidates and all earlier ones."""
    days: tuple[ValidationDay, ...]
    skill_spread: float
    """Standard deviation of the days' skill: stable across days where it is small; 0 for one day."""
    abstaining: Abstaining

    @property
    def overfit_gap(self) -> float:
        """Validation loss before calibration less train loss."""
        return self.overfit.gap

    @property
    def selections(self) -> int:
        """Fits times thresholds judged on these days: what the ledger adds to N_select."""
        return len(self.candidates)


def validate(
    trained: Trained,
    events: Events,
    quotes_of: QuotesOf,
    instrument: Instrument,
    earlier_selections: int = 0,
) -> ValidationReport:
    """Fit calibration and thresholds on the validation days' events and quotes.

    `earlier_selections` counts what other searches judged on these days (the ledger's, without this one's own
    earlier runs). It deflates the Sharpe ratio and changes nothing that the bundle holds.
    """
    weight = label_weights(events)
    raw = OnnxModel(trained.pattern_onnx).probabilities(events.features)
    calibration = fit_calibration(raw, events.outcome, weight)
    anomaly = AnomalyModel.from_json(trained.anomaly_json)
    feed = tuple(limit.plain() for limit in trained.report.feed)
    predictions = Scorer(OnnxModel(trained.pattern_onnx), calibration, anomaly, feed).score_rows(
        events.features
    )
    unusual = float(np.quantile([each.anomaly for each in predictions], ANOMALY_QUANTILE))
    candidates = judge_candidates(events, predictions, Thresholds(0.0, unusual, feed), quotes_of, instrument)
    chosen = choose(candidates, len(trading_days(events)))
    fair = _calibrated(calibration, raw)
    unseen = _calibrated_by_other_days(events, raw, weight)
    hit = np.concatenate([events.outcome == 0, events.outcome == 2])
    stated, twice = np.concatenate([unseen[:, 0], unseen[:, 2]]), np.concatenate([weight, weight])
    base_loss, thresholds = class_frequency_loss(events, weight), Thresholds(chosen.act, unusual, feed)
    days = _by_day(events, fair, weight, chosen)
    return ValidationReport(
        events=len(weight),
        effective=float(weight.sum()),
        calibration=CalibrationNumbers.of(calibration),
        thresholds=ThresholdNumbers.of(thresholds),
        chosen=chosen,
        candidates=candidates,
        loss=log_loss(fair, events.outcome, weight),
        base_loss=base_loss,
        overfit=overfit_gap(
            trained.report.day_losses,
            trained.report.base_loss,
            day_losses(events, raw, weight),
            base_loss,
            trained.report.seed,
        ),
        calibration_error=calibration_error(stated, hit, twice),
        reliability=tuple(
            CalibrationBin(rows=rows, stated=said, observed=seen, share=share)
            for rows, said, seen, share in calibration_bins(stated, hit, twice)
        ),
        deflated_sharpe=deflated_sharpe(
            np.array(chosen.trade_net_pips),
            earlier_selections + len(candidates),
            design_effect(chosen.nets_by_day),
        ),
        days=days,
        skill_spread=float(np.std([each.skill for each in days], ddof=1)) if len(days) > 1 else 0.0,
        abstaining=what_abstaining_did(events, predictions, weight, thresholds, instrument.pip),
    )


def _calibrated(calibration: Calibration, raw: Floats) -> Floats:
    return np.array([calibration.apply(*row) for row in raw.tolist()])


def _calibrated_by_other_days(events: Events, raw: Floats, weight: Floats) -> Floats:
    """Probabilities of each day under the calibration that the other days give; of the only day, its own."""
    days = np.unique(events.day)
    if len(days) == 1:
        return _calibrated(fit_calibration(raw, events.outcome, weight), raw)
    unseen = np.empty_like(raw)
    for day in days:
        held = events.day == day
        calibration = fit_calibration(raw[~held], events.outcome[~held], weight[~held])
        unseen[held] = _calibrated(calibration, raw[held])
    return unseen


def _by_day(events: Events, fair: Floats, weight: Floats, chosen: Candidate) -> tuple[ValidationDay, ...]:
    rows = []
    for day, number, net in zip(
        trading_days(events), np.unique(events.day), chosen.daily_net_pips, strict=True
    ):
        inside = np.flatnonzero(events.day == number)
        loss = log_loss(fair[inside], events.outcome[inside], weight[inside])
        rows.append(
            ValidationDay(
                day=day,
                events=len(inside),
                effective=float(weight[inside].sum()),
                loss=loss,
                skill=1 - loss / class_frequency_loss(take(events, inside), weight[inside]),
                net_pips=net,
            )
        )
    return tuple(rows)
