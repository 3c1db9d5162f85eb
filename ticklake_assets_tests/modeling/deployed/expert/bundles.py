"""A bundle of a day's year, and a model whose answers are given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Floats
from ticklake_assets.modeling.deployed.anomaly import fit_anomaly
from ticklake_assets.modeling.deployed.bundle import Bundle, open_bundle
from ticklake_assets.modeling.deployed.decision import Thresholds
from ticklake_assets.modeling.deployed.feed_rules import FeedLimit
from ticklake_assets.modeling.deployed.manifest import (
    CalibrationNumbers,
    DayRange,
    ThresholdNumbers,
    WindowDays,
)
from ticklake_assets.modeling.deployed.signing import signing_key
from ticklake_assets_tests.serving.deployments import make_bundle


class Answered:
    """An ONNX model whose answers are given, float64 of shape (n, 3)."""

    feature_count = 39

    def __init__(self, answers: Floats) -> None:
        self._answers = iter(answers.tolist())

    def probabilities_of(self, row: Floats) -> list[float]:
        return next(self._answers)


def bundle_of(folder: Path, day: SymbolDay, *, anomaly: float, gap: float) -> Bundle:
    """Of a model that learnt on this very day and abstains from stranger events and longer gaps (seconds)."""
    feed = (
        FeedLimit("feed_stale", "gap", True, gap),
        FeedLimit("feed_rate_low", "tick_rate_ratio_30s", False, 0.9 / max(gap, 1.0)),
    )
    bundle = open_bundle(make_bundle(folder, day.symbol), signing_key(folder).public_key())
    days = DayRange.of([day.trading_day])
    change = {
        "windows": WindowDays(train=days, validation=days, test=days),
        "thresholds": ThresholdNumbers.of(Thresholds(0.45, anomaly, feed)),
        "calibration": CalibrationNumbers(temperature=1.3, bias_short=0.1, bias_long=-0.05),
    }
    rows = (
        np.random.default_rng(2).normal(size=(300, len(bundle.manifest.features))).round()
    )  # values that tie
    parts = bundle.parts._replace(anomaly_json=fit_anomaly(rows, bundle.manifest.features).to_json())
    return replace(bundle, manifest=bundle.manifest.model_copy(update=change), parts=parts)


def expires_us(bundle: Bundle) -> int:
    return SymbolDay(bundle.instrument.symbol, bundle.manifest.windows.test.last).shifted(46).start_us
