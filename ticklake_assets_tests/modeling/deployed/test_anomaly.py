from __future__ import annotations

import json
from time import perf_counter

import numpy as np
import pytest

from ticklake_assets.core.errors import BundleError, DataError
from ticklake_assets.core.tables import Floats
from ticklake_assets.modeling.deployed.anomaly import AnomalyModel, fit_anomaly
from ticklake_assets_tests.modeling.markets import market

NAMES = ("a", "b", "c", "d")


def correlated(count: int = 4000, seed: int = 1) -> Floats:
    """Skewed, heavy-tailed, correlated and one that ties: what features are like."""
    rng = np.random.default_rng(seed)
    base = rng.standard_normal((count, 4))
    base[:, 1] = 0.9 * base[:, 0] + 0.4 * base[:, 1]
    return np.column_stack([base[:, 0], np.exp(base[:, 1]), base[:, 2] ** 3, np.round(base[:, 3])])


def test_training_rows_score_about_one() -> None:
    rows = correlated()
    scores = fit_anomaly(rows, NAMES).scores(rows)
    assert np.sqrt(np.mean(scores**2)) == pytest.approx(1.0, abs=0.1)


def test_a_feature_whose_middle_half_agrees_does_not_drown_the_others() -> None:
    # A ratio that is 1 up to rounding on most rows: its interquartile range is 1e-16.
    rng = np.random.default_rng(6)
    rows = correlated()
    ratio = np.where(
        rng.uniform(size=4000) < 0.8, 1 + rng.integers(-2, 3, 4000) * 1e-16, rng.uniform(1, 3, 4000)
    )
    model = fit_anomaly(np.column_stack([rows, ratio]), (*NAMES, "ratio"))
    limit = np.quantile(model.scores(np.column_stack([correlated(seed=2), ratio])), 0.98)
    assert model.score(np.array([1.5, np.exp(-1.5), 0.0, 0.0, 1.0])) > limit
    assert 1 / model.slope[-1] == pytest.approx(0.3 * ratio.std())


def test_tied_values_get_the_middle_of_the_scores_they_span() -> None:
    # Half 0, three tenths 1, two tenths 2: their spans end at the scores -2.42, 0, 0.84 and 2.42.
    rows = np.repeat([0.0, 1.0, 2.0], [1000, 600, 400]).reshape(-1, 1)
    model = fit_anomaly(rows, ("x",))
    low, middle, high = (model.score(np.array([value])) for value in (0.0, 1.0, 2.0))
    assert (low + middle) / (high - middle) == pytest.approx((0.42 + 1.21) / (1.63 - 0.42), rel=0.05)


def test_a_broken_correlation_and_a_far_value_are_strange() -> None:
    model = fit_anomaly(correlated(), NAMES)
    usual = model.scores(correlated(seed=2))
    limit = np.quantile(usual, 0.98)
    # Each value alone is ordinary, together they never occurred.
    assert model.score(np.array([1.5, np.exp(-1.5), 0.0, 0.0])) > limit
    far = correlated(seed=3)
    far[:, 2] = 60.0
    assert np.mean(model.scores(far) > limit) == 1.0


def test_the_strangest_feature_comes_first() -> None:
    model = fit_anomaly(correlated(), NAMES)
    assert model.strangest(np.array([0.0, 1.0, 0.0, 40.0]))[0] == "d"
    assert len(model.strangest(np.zeros(4))) == 3


def test_contributions_sum_to_the_squared_score() -> None:
    model = fit_anomaly(correlated(), NAMES)
    row = correlated(seed=4)[0]
    assert model.contributions(row).sum() == pytest.approx(model.score(row) ** 2 * 4)


def test_scores_grow_linearly_beyond_the_tails() -> None:
    model = fit_anomaly(np.random.default_rng(5).standard_normal((2000, 1)), ("x",))
    near, middle, far = (model.score(np.array([value])) for value in (10.0, 20.0, 30.0))
    assert far - middle == pytest.approx(middle - near, rel=1e-9)


def test_a_constant_feature_is_no_division_by_zero() -> None:
    rows = np.column_stack([correlated()[:, 0], np.full(4000, 7.0)])
    model = fit_anomaly(rows, ("a", "constant"))
    assert np.isfinite(model.scores(rows)).all()
    assert model.score(np.array([0.0, 9.0])) > model.score(np.array([0.0, 7.0]))


def test_json_keeps_every_bit() -> None:
    rows = correlated()
    model = fit_anomaly(rows, NAMES)
    again = AnomalyModel.from_json(model.to_json())
    assert again.scores(rows).tobytes() == model.scores(rows).tobytes()
    assert again.to_json() == model.to_json() == fit_anomaly(rows, NAMES).to_json()


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields.pop("slope"),
        lambda fields: fields["quantiles"].pop(),
        lambda fields: fields.update(mean="none"),
    ],
)
def test_a_misshapen_table_is_refused(change: object) -> None:
    fields = json.loads(fit_anomaly(correlated(), NAMES).to_json())
    change(fields)  # type: ignore[operator]
    with pytest.raises(BundleError, match="Expected"):
        AnomalyModel.from_json(json.dumps(fields).encode())


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(DataError, match="Expected 200 or more, was 50"):
        fit_anomaly(correlated(50), NAMES)


def test_it_knows_its_market_from_a_shuffled_and_from_a_wilder_one() -> None:
    events = market().events
    names = tuple(str(index) for index in range(events.features.shape[1]))
    train, unseen = events.features[: len(events.day) // 2], events.features[len(events.day) // 2 :]
    model = fit_anomaly(train, names)
    limit = np.quantile(model.scores(unseen[::2]), 0.98)
    shuffled = np.random.default_rng(1).permuted(unseen, axis=0)
    wilder = unseen.copy()
    wilder[:, :10] *= 6  # momenta and imbalances
    assert np.mean(model.scores(unseen[1::2]) > limit) < 0.05
    assert np.mean(model.scores(shuffled) > limit) > 0.5
    assert np.mean(model.scores(wilder) > limit) > 0.5


def test_a_row_takes_microseconds_not_milliseconds() -> None:
    events = market().events
    model = fit_anomaly(events.features, tuple(str(index) for index in range(events.features.shape[1])))
    model.score(events.features[0])
    started = perf_counter()
    model.scores(events.features[:500])
    # Some 5 us; the bound only tells compiled code from interpreted.
    assert (perf_counter() - started) / 500 < 500e-6
