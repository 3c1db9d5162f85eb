"""Score feature rows with a bundle's models."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import isfinite, nan

import numpy as np

from ticklake_assets.core.errors import BundleError
from ticklake_assets.core.tables import Floats
from ticklake_assets.modeling.deployed.anomaly import AnomalyModel
from ticklake_assets.modeling.deployed.calibration import Calibration
from ticklake_assets.modeling.deployed.decision import Prediction
from ticklake_assets.modeling.deployed.feed_rules import FeedLimit, PlacedLimit, feed_anomalies, placed
from ticklake_assets.modeling.deployed.onnx_scoring import OnnxModel


@dataclass(frozen=True)
class Scorer:
    """Pattern model, calibration, anomaly model and feed rules, in the order of the kernel's features."""

    pattern: OnnxModel
    calibration: Calibration
    anomaly: AnomalyModel
    feed: tuple[FeedLimit, ...]

    def __post_init__(self) -> None:
        known = len(self.anomaly.features)
        if self.pattern.feature_count != known:
            raise BundleError(
                "The two models see different features. "
                f"Expected {known} in the ONNX file, was {self.pattern.feature_count}"
            )

    def score(self, row: Floats) -> Prediction:
        """Score one feature row of shape (F,), float64 as the kernel wrote it."""
        return self._predict(self.pattern.probabilities_of(row), row)

    def score_rows(self, rows: Floats) -> list[Prediction]:
        """Score rows of shape (n, F); each gets the bits that `score` gives it alone."""
        probabilities = self.pattern.probabilities(rows).tolist()
        return [
            self._predict(p, row) for p, row in zip(probabilities, np.ascontiguousarray(rows), strict=True)
        ]

    def strangest(self, row: Floats) -> tuple[str, ...]:
        """Name the three features that make a row anomalous, for the people who read an abstention."""
        return self.anomaly.strangest(row)

    @cached_property
    def _limits(self) -> tuple[PlacedLimit, ...]:
        return placed(self.feed, self.anomaly.features)

    def _predict(self, probabilities: list[float], row: Floats) -> Prediction:
        values = row.tolist()  # plain floats: half of numpy's time on one row is overhead
        # Trees take NaN for a missing value and infinity for a large one, and answer as if nothing were wrong.
        if not (all(map(isfinite, probabilities)) and all(map(isfinite, values))):
            return Prediction(nan, nan, nan, nan, ())
        short, neither, long = self.calibration.apply(*probabilities)
        feed = feed_anomalies(values, self._limits)
        return Prediction(short, neither, long, self.anomaly.score(row), feed)
