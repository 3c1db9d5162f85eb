"""Calibrated probabilities: temperature and class bias, three plain numbers applied after ONNX."""

from __future__ import annotations

from math import exp, log
from typing import NamedTuple

import numpy as np

from ticklake_assets.core.tables import Bytes, Floats

_SMALLEST = 1e-7
"""ONNX answers in float32: a probability below this is rounding."""
_PRIOR_ROWS = 20.0
"""Effective rows that speak for 'leave it as it is': two validation days are about 200 effective labels."""
_STEPS = 25
_LEAST_SLOPE = 0.05
"""A model that knows nothing is flattened, never turned round."""


class Calibration(NamedTuple):
    """softmax(log(p) / temperature + bias), the bias of `neither` being 0."""

    temperature: float = 1.0
    bias_short: float = 0.0
    bias_long: float = 0.0

    def apply(self, p_short: float, p_neither: float, p_long: float) -> tuple[float, float, float]:
        """Calibrate one row; batches go through here row by row, so that their bits agree."""
        short = log(max(p_short, _SMALLEST)) / self.temperature + self.bias_short
        neither = log(max(p_neither, _SMALLEST)) / self.temperature
        long = log(max(p_long, _SMALLEST)) / self.temperature + self.bias_long
        top = max(short, neither, long)
        short, neither, long = exp(short - top), exp(neither - top), exp(long - top)
        total = short + neither + long
        return short / total, neither / total, long / total

    def of_rows(self, probabilities: Floats) -> Floats:
        """The same of rows (n, 3) at once, but for the last bits: for figures, never for a decision."""
        bias = np.array([self.bias_short, 0.0, self.bias_long])
        return _softmax(np.log(np.maximum(probabilities, _SMALLEST)) / self.temperature + bias)


def fit_calibration(probabilities: Floats, outcome: Bytes, weight: Floats) -> Calibration:
    """Minimise the weighted log loss over rows (n, 3), drawn towards the identity; Newton's method.

    Guo et al., On Calibration of Modern Neural Networks (ICML 2017), 4.2: vector scaling with one slope for
    all classes. In slope and biases the loss is convex. Isotonic regression needs more labels than a few days
    have.
    """
    logs = np.log(np.maximum(probabilities, _SMALLEST))
    hit = np.eye(3)[outcome.astype(np.int64)]
    # How each logit moves with slope, bias of short, bias of long: shape (n, 3 numbers, 3 classes).
    design = np.zeros((len(logs), 3, 3))
    design[:, 0, :] = logs
    design[:, 1, 0] = design[:, 2, 2] = 1.0
    identity = np.array([1.0, 0.0, 0.0])
    numbers = identity.copy()
    for _ in range(_STEPS):
        p = _softmax(np.einsum("k,nkc->nc", numbers, design))
        gradient = np.einsum("n,nkc,nc->k", weight, design, p - hit) + _PRIOR_ROWS * (numbers - identity)
        centred = design - np.einsum("nkc,nc->nk", design, p)[:, :, None]
        curvature = np.einsum("n,nkc,nlc,nc->kl", weight, centred, centred, p) + _PRIOR_ROWS * np.eye(3)
        numbers = numbers - np.linalg.solve(curvature, gradient)
        numbers[0] = max(numbers[0], _LEAST_SLOPE)
    slope, bias_short, bias_long = (float(number) for number in numbers)
    return Calibration(1.0 / slope, bias_short, bias_long)


def _softmax(logits: Floats) -> Floats:
    powers: Floats = np.exp(logits - logits.max(axis=1, keepdims=True))
    total: Floats = powers.sum(axis=1, keepdims=True)
    return powers / total
