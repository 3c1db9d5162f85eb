from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.core.metrics import log_loss
from ticklake_assets.core.tables import Bytes, Floats
from ticklake_assets.modeling.deployed.calibration import Calibration, fit_calibration

p = st.floats(0.0, 1.0)


def drawn(count: int, seed: int = 1) -> tuple[Floats, Bytes]:
    """Probabilities and outcomes that they state truly."""
    rng = np.random.default_rng(seed)
    truth = rng.dirichlet([2.0, 2.0, 2.0], count)
    outcome = (rng.uniform(size=(count, 1)) > truth.cumsum(axis=1)).sum(axis=1).astype(np.int8)
    return truth, outcome


def applied(calibration: Calibration, rows: Floats) -> Floats:
    return np.array([calibration.apply(*row) for row in rows.tolist()])


@given(p, p, p, st.floats(0.2, 5.0), st.floats(-2, 2), st.floats(-2, 2))
def test_calibrated_probabilities_are_probabilities(
    short: float, neither: float, long: float, temperature: float, bias_short: float, bias_long: float
) -> None:
    row = Calibration(temperature, bias_short, bias_long).apply(short, neither, long)
    assert all(0 <= each <= 1 for each in row)
    assert sum(row) == pytest.approx(1.0)


def test_rows_at_once_are_the_rows_one_by_one_but_for_the_last_bits() -> None:
    rows, calibration = drawn(200)[0], Calibration(0.7, 0.3, -0.2)
    rows[0] = [0.0, 1.0, 0.0]
    np.testing.assert_allclose(calibration.of_rows(rows), applied(calibration, rows), rtol=1e-12)


def test_the_identity_changes_nothing() -> None:
    assert Calibration().apply(0.2, 0.5, 0.3) == pytest.approx((0.2, 0.5, 0.3))


def test_overconfidence_and_a_favoured_class_are_undone() -> None:
    truth, outcome = drawn(20_000)
    sharpened = truth**2 * np.array([1.0, 1.0, 1.6])
    sharpened /= sharpened.sum(axis=1, keepdims=True)
    found = fit_calibration(sharpened, outcome, np.ones(len(outcome)))
    assert found.temperature == pytest.approx(2.0, rel=0.05)
    assert found.bias_long == pytest.approx(-np.log(1.6) / 2, abs=0.05)
    assert np.abs(applied(found, sharpened) - truth).max() < 0.03


def test_it_is_the_minimum_of_the_drawn_loss() -> None:
    truth, outcome = drawn(400, seed=2)
    weight = np.random.default_rng(3).uniform(0.1, 1.0, 400)
    best = fit_calibration(truth, outcome, weight)

    def loss(calibration: Calibration) -> float:
        slope = 1 / calibration.temperature
        pull = 10 * ((slope - 1) ** 2 + calibration.bias_short**2 + calibration.bias_long**2)
        return log_loss(applied(calibration, truth), outcome, weight) * weight.sum() + pull

    for change in (0.02, -0.02):
        for index in range(3):
            numbers = list(best)
            numbers[index] += change
            assert loss(Calibration(*numbers)) > loss(best)


def test_a_handful_of_rows_moves_little() -> None:
    truth, outcome = drawn(6, seed=4)
    assert fit_calibration(truth, outcome, np.full(6, 0.2)) == pytest.approx((1.0, 0.0, 0.0), abs=0.1)


def test_a_model_that_is_always_wrong_is_flattened_not_turned_round() -> None:
    truth, outcome = drawn(5_000, seed=5)
    found = fit_calibration(1 - truth, outcome, np.ones(len(outcome)))
    assert found.temperature > 1.5
    assert 0 < found.temperature <= 20
