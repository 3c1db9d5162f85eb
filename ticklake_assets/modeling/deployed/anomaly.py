"""The anomaly model: how unlike its training market an event is, as a table of plain numbers.

Each feature goes through a 65-point quantile table to a normal score (beyond the tails linearly, with the
slope of the interquartile range), and the score is the Mahalanobis distance of the normal scores: a Gaussian
copula's distance. Trained on ten days of real GBPJPY it flags 85 % of column-shuffled rows and 99 % of rows
with sixfold returns of the following days, and 3.8 % of the rows as they were; prototypes of PCA residuals
flagged 45 and 34 %, of IsolationForest 0 and 13 %.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numba import njit

from ticklake_assets.core.errors import BundleError, DataError
from ticklake_assets.core.tables import Floats

POINTS = 65
"""Quantiles a feature: enough for the body, few enough that the outermost is no single row."""
KEPT = 0.9
"""Share of each sample covariance; variances stay whole, so that one wild feature cannot drown the others."""
LEAST_SCALE = 0.3
"""Floor of the tails' unit in standard deviations: where half of the rows agree, the IQR is rounding noise."""
LEAST_VARIANCE = 0.01
"""Floor of a normal score's variance: a feature that is constant in training would have none."""
NORMAL_IQR = 1.3489795003921634
"""Interquartile range of the standard normal."""
LEAST_ROWS = 200
"""Rows below which a 65-point table says nothing about the tails."""

_LEVELS = (np.arange(POINTS) + 0.5) / POINTS
_SCORES = np.array([NormalDist().inv_cdf(level) for level in _LEVELS.tolist()])


@dataclass(frozen=True)
class AnomalyModel:
    """Fitted numbers of F features. Build one with `fit_anomaly` or `from_json`."""

    features: tuple[str, ...]
    quantiles: Floats
    """Shape (F, 65): the feature's training quantiles."""
    slope: Floats
    """Shape (F,): normal scores per unit of the feature beyond the tails."""
    mean: Floats
    """Shape (F,): mean normal score (not 0 where values tie)."""
    precision: Floats
    """Shape (F, F): inverse of the shrunk covariance of the normal scores."""

    def contributions(self, row: Floats) -> Floats:
        """Split a row's squared distance over the features: shape (F,), summing to score ** 2 * F."""
        return _contributions(row, self.quantiles, self.slope, self.mean, self.precision)

    def score(self, row: Floats) -> float:
        """Root mean squared distance: about 1 for a training row, larger is stranger. A few microseconds.

        The row is finite: `Scorer` asks for no other.
        """
        return float(_score(row, self.quantiles, self.slope, self.mean, self.precision))

    def scores(self, rows: Floats) -> Floats:
        """Score rows of shape (n, F), each with the bits that `score` gives."""
        return np.array([self.score(row) for row in rows], dtype=np.float64)

    def strangest(self, row: Floats, count: int = 3) -> tuple[str, ...]:
        """Name the features that contribute most, largest first: the reasons of an abstention."""
        order = np.argsort(-self.contributions(row), kind="stable")
        return tuple(self.features[index] for index in order[:count])

    def to_json(self) -> bytes:
        return json.dumps(
            {
                "features": list(self.features),
                "quantiles": self.quantiles.tolist(),
                "slope": self.slope.tolist(),
                "mean": self.mean.tolist(),
                "precision": self.precision.tolist(),
            },
            allow_nan=False,
            separators=(",", ":"),
        ).encode()

    @classmethod
    def from_json(cls, data: bytes) -> AnomalyModel:
        """Read `to_json`'s bytes back, bit for bit; anything of another shape is a BundleError."""
        try:
            fields = json.loads(data)
            features = tuple(str(name) for name in fields["features"])
            quantiles, slope, mean, precision = (
                np.array(fields[name], dtype=np.float64)
                for name in ("quantiles", "slope", "mean", "precision")
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(
                f"The anomaly model cannot be read: {error}. Expected its JSON tables"
            ) from None
        count = len(features)
        shapes = [quantiles.shape, slope.shape, mean.shape, precision.shape]
        expected = [(count, POINTS), (count,), (count,), (count, count)]
        if shapes != expected:
            raise BundleError(f"The anomaly model's tables misfit. Expected shapes {expected}, was {shapes}")
        return cls(features, quantiles, slope, mean, precision)


def fit_anomaly(rows: Floats, features: tuple[str, ...]) -> AnomalyModel:
    """Fit on training rows of shape (n, F); deterministic, no randomness involved."""
    if rows.shape[0] < LEAST_ROWS:
        raise DataError(
            f"Too few events for the anomaly model. Expected {LEAST_ROWS} or more, was {rows.shape[0]}"
        )
    quantiles = np.ascontiguousarray(np.quantile(rows, _LEVELS, axis=0).T)
    slope = 1.0 / _scales(rows)
    normal = np.empty_like(rows)
    for index, row in enumerate(rows):
        normal[index] = _normal_scores(np.ascontiguousarray(row), quantiles, slope)
    mean = normal.mean(axis=0)
    covariance = np.atleast_2d(np.cov(normal, rowvar=False))
    variances = np.diag(np.maximum(np.diag(covariance), LEAST_VARIANCE))
    precision = np.linalg.inv(KEPT * covariance + (1 - KEPT) * variances)
    return AnomalyModel(features, quantiles, slope, mean, np.ascontiguousarray(precision))


def _scales(rows: Floats) -> Floats:
    """Units of each feature per normal score beyond the tails; 1 where a feature is constant."""
    quarter, three_quarters = np.quantile(rows, [0.25, 0.75], axis=0)
    scale = np.maximum((three_quarters - quarter) / NORMAL_IQR, LEAST_SCALE * rows.std(axis=0))
    return np.where(scale > 0, scale, 1.0)


@njit(cache=True, nogil=True)
def _normal_score(value: float, table: Floats, slope: float) -> float:
    last = table.shape[0] - 1
    if value < table[0]:
        return float(_SCORES[0] + (value - table[0]) * slope)
    if value > table[last]:
        return float(_SCORES[last] + (value - table[last]) * slope)
    left = np.searchsorted(table, value, side="left")
    if table[left] == value:
        # A value that many rows share gets the middle of the scores it spans.
        right = np.searchsorted(table, value, side="right") - 1
        return float((_SCORES[left] + _SCORES[right]) * 0.5)
    share = (value - table[left - 1]) / (table[left] - table[left - 1])
    return float(_SCORES[left - 1] + share * (_SCORES[left] - _SCORES[left - 1]))


@njit(cache=True, nogil=True)
def _normal_scores(row: Floats, quantiles: Floats, slope: Floats) -> Floats:
    scores = np.empty(row.shape[0])
    for index in range(row.shape[0]):
        scores[index] = _normal_score(row[index], quantiles[index], slope[index])
    return scores


@njit(cache=True, nogil=True)
def _contributions(row: Floats, quantiles: Floats, slope: Floats, mean: Floats, precision: Floats) -> Floats:
    scores = _normal_scores(row, quantiles, slope) - mean
    parts = np.empty(row.shape[0])
    for index in range(row.shape[0]):
        total = 0.0
        for other in range(row.shape[0]):
            total += precision[index, other] * scores[other]
        parts[index] = scores[index] * total
    return parts


@njit(cache=True, nogil=True)
def _score(row: Floats, quantiles: Floats, slope: Floats, mean: Floats, precision: Floats) -> float:
    parts = _contributions(row, quantiles, slope, mean, precision)
    total = 0.0
    for index in range(parts.shape[0]):
        total += parts[index]
    return float(np.sqrt(max(total, 0.0) / parts.shape[0]))
