from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.metrics import (
    EULER_GAMMA,
    average_uniqueness,
    calibration_bins,
    calibration_error,
    deflated_sharpe,
    design_effect,
    expected_best_sharpe,
    log_loss,
    lower_bound_of_mean,
    overfitting_probability,
    sharpe,
    skewness,
    student_t_cdf,
    student_t_quantile,
)
from ticklake_assets.core.tables import Floats


def test_sharpe_is_mean_over_sample_deviation_and_zero_without_spread() -> None:
    assert sharpe(np.array([1.0, 2.0, 3.0])) == pytest.approx(2.0)
    assert sharpe(np.array([2.0, 2.0, 2.0])) == 0.0
    assert sharpe(np.array([5.0])) == 0.0


@pytest.mark.parametrize("count", [1, 2, 3, 7, 100, 101])
@pytest.mark.parametrize("price", [0.1, 1.10124, 151.337, 1e6])
def test_trades_that_are_alike_have_no_sharpe_and_prove_nothing(price: float, count: int) -> None:
    # Three equal wins once had a t value of 5e12: their nets differ in the last bit.
    # By a hundred-millionth, as costs round, they still have a deflated Sharpe ratio of 1.
    last_bits, rounded = price + np.arange(count) * price * 1e-15, price * (1 + 1e-8 * (np.arange(count) % 3))
    for wins in (np.full(count, price), last_bits, rounded, -rounded):
        assert sharpe(wins) == skewness(wins) == deflated_sharpe(wins, 5) == 0.0
        assert design_effect([wins, wins]) == 1.0


@given(st.lists(st.lists(st.floats(-1e6, 1e6), max_size=6), min_size=1, max_size=6), st.integers(1, 10**20))
def test_no_trades_raise(days: list[list[float]], trials: int) -> None:
    by_day = [np.array(day) for day in days]
    returns, effect = np.concatenate(by_day), design_effect(by_day)
    assert 1 <= effect <= max(1, len(returns))
    assert 0 <= deflated_sharpe(returns, trials, effect) <= 1
    assert np.isfinite(skewness(returns))


def test_the_design_effect_is_kishs_for_days_of_one_length() -> None:
    # 1 + (m - 1) rho, of 4,000 days, so that the estimate is no longer uncertain.
    rng, trades = np.random.default_rng(7), 30
    for rho in (0.05, 0.3):
        day = rng.standard_normal((4_000, 1)) * np.sqrt(rho)
        drawn = day + rng.standard_normal((4_000, trades)) * np.sqrt(1 - rho)
        assert design_effect(list(drawn)) == pytest.approx(1 + (trades - 1) * rho, rel=0.05)
    assert design_effect([np.array([1.0, -1.0]), np.array([2.0, -2.0])]) == 1.0, "never below independence"


def test_trades_that_are_repeated_count_once() -> None:
    once = np.random.default_rng(8).normal(0.3, 1.0, (200, 1))
    many = np.repeat(once, 10, axis=1)
    effect = design_effect(list(many))
    assert effect == pytest.approx(10.0)
    assert deflated_sharpe(many.ravel(), 5, effect) == pytest.approx(
        deflated_sharpe(once.ravel(), 5), abs=0.01
    )
    assert deflated_sharpe(many.ravel(), 5) > 0.999999


def test_expected_best_sharpe_is_the_mean_maximum_of_normal_draws() -> None:
    draws = np.random.default_rng(1).standard_normal((40_000, 50)).max(axis=1)
    assert expected_best_sharpe(50, 1.0) == pytest.approx(draws.mean(), rel=0.02)
    assert expected_best_sharpe(50, 0.25) == pytest.approx(expected_best_sharpe(50, 1.0) / 2)
    assert expected_best_sharpe(1, 1.0) == 0.0


def test_expected_best_sharpe_grows_with_trials_of_any_number() -> None:
    values = [expected_best_sharpe(10**power, 1.0) for power in (1, 8, 15, 16, 20, 100, 300)]
    assert all(later > earlier for earlier, later in pairwise(values))
    assert values[-2] == pytest.approx(
        (1 - EULER_GAMMA) * stats.norm.isf(1e-100) + EULER_GAMMA * stats.norm.isf(1e-100 / np.e)
    )
    assert expected_best_sharpe(10**1000, 1.0) == values[-1] > 37


def test_deflated_sharpe_matches_the_example_of_the_paper() -> None:
    # Bailey & Lopez de Prado (2014), "A numerical example": SR 2.5 annual, T 1250, N 100, V 1/2 annual,
    # skewness -3, kurtosis 10 give SR0 0.1132 and DSR 0.9004.
    sr0 = expected_best_sharpe(100, 0.5 / 250)
    assert sr0 == pytest.approx(0.1132, abs=2e-4)
    ratio = 2.5 / np.sqrt(250)
    spread = 1 + 3 * ratio + (10 - 1) / 4 * ratio**2
    assert stats.norm.cdf((ratio - sr0) * np.sqrt(1249) / np.sqrt(spread)) == pytest.approx(0.9004, abs=2e-3)


def test_deflated_sharpe_is_the_formula_on_its_own_moments() -> None:
    returns = np.random.default_rng(2).normal(0.3, 1.0, 200)
    ratio, count = sharpe(returns), len(returns)
    spread = 1 - stats.skew(returns) * ratio + (stats.kurtosis(returns, fisher=False) - 1) / 4 * ratio**2
    excess = ratio - expected_best_sharpe(5, 1 / (count - 1))
    expected = stats.norm.cdf(excess * np.sqrt(count - 1) / np.sqrt(spread))
    assert deflated_sharpe(returns, 5) == pytest.approx(float(expected))


def test_deflated_sharpe_falls_with_the_number_of_openings() -> None:
    returns = np.random.default_rng(3).normal(0.15, 1.0, 200)
    values = [deflated_sharpe(returns, trials) for trials in (1, 5, 50, 500)]
    assert all(later < earlier for earlier, later in pairwise(values))
    assert deflated_sharpe(np.array([1.0, 2.0]), 5) == 0.0


def test_noise_seldom_passes_the_deflated_sharpe() -> None:
    rng = np.random.default_rng(4)
    passes = [deflated_sharpe(rng.standard_normal(150), 5) >= 0.95 for _ in range(400)]
    assert np.mean(passes) < 0.02


def by_mean(performance: Floats) -> float:
    """PBO of (days, configurations) by the mean of the days."""
    return overfitting_probability(len(performance), lambda days: performance[days].mean(axis=0))


def test_overfitting_is_certain_to_fade_with_an_edge_and_even_without() -> None:
    rng = np.random.default_rng(5)
    noise = rng.standard_normal((60, 8))
    edge = noise.copy()
    edge[:, 3] += 2.0
    assert by_mean(edge) == 0.0
    draws = [by_mean(rng.standard_normal((60, 8))) for _ in range(30)]
    assert 0.35 < np.mean(draws) < 0.65


def test_overfitting_is_total_where_the_best_half_is_the_worst_other_half() -> None:
    # Whatever earned inside must have lost outside: each configuration sums to zero over the days.
    rng = np.random.default_rng(6)
    zero_sum = rng.standard_normal((60, 8))
    zero_sum -= zero_sum.mean(axis=0)
    assert by_mean(zero_sum) == 1.0


def test_overfitting_refuses_fewer_days_than_blocks() -> None:
    with pytest.raises(DataError, match="a day for each"):
        by_mean(np.zeros((6, 4)))


def test_overfitting_refuses_a_choice_of_one() -> None:
    with pytest.raises(DataError, match="2 configurations, was 10 blocks, 60 days, 1 configurations"):
        by_mean(np.zeros((60, 1)))


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 8, 30, 121])
def test_student_t_agrees_with_scipy(freedom: int) -> None:
    for value in (-3.0, -0.4, 0.0, 0.7, 2.1, 9.0):
        assert student_t_cdf(value, freedom) == pytest.approx(stats.t.cdf(value, freedom), abs=1e-12)
    assert student_t_quantile(0.95, freedom) == pytest.approx(stats.t.ppf(0.95, freedom), rel=1e-10)


def test_lower_bound_is_the_textbook_interval() -> None:
    days = np.array([3.0, 1.0, 2.0, 4.0, 0.0, 2.0])
    low, _ = stats.t.interval(0.90, 5, loc=days.mean(), scale=stats.sem(days))
    assert lower_bound_of_mean(days) == pytest.approx(low)
    assert lower_bound_of_mean(np.array([1.0])) == float("-inf")


@pytest.mark.parametrize("skew", [-0.6, -0.2, 0.3])
def test_a_skewed_bound_is_where_the_transformed_t_value_is_the_quantile(skew: float) -> None:
    days = np.array([3.0, 1.0, 2.0, 4.0, 0.0, 2.0])
    t = (days.mean() - lower_bound_of_mean(days, skew=skew)) / stats.sem(days)
    transformed = t + skew * (1 + 2 * t**2) / 6 + skew**2 * t**3 / 27
    assert transformed == pytest.approx(stats.t.ppf(0.95, 5))
    assert (lower_bound_of_mean(days, skew=skew) < lower_bound_of_mean(days)) == (skew < 0)


@pytest.mark.parametrize("skew", [-1e-17, -1e-16, -1e-12, -1e-7, -2e-6, 1e-16])
def test_a_bound_without_skew_is_the_limit_of_little_skew(skew: float) -> None:
    """Trades that are alike on both sides have a skewness of rounding errors."""
    days = np.array([3.0, 1.0, 2.0, 4.0, 0.0, 2.0])
    assert lower_bound_of_mean(days, skew=skew) == pytest.approx(lower_bound_of_mean(days), rel=1e-5)


@given(st.floats(-30.0, 0.0))
def test_a_negative_skew_never_raises_the_bound(skew: float) -> None:
    days = np.array([3.0, 1.0, 2.0, 4.0, 0.0, 2.0])
    assert lower_bound_of_mean(days, skew=skew) <= lower_bound_of_mean(days) + 1e-9


def test_calibration_error_of_stated_truth_is_small_and_of_exaggeration_large() -> None:
    rng = np.random.default_rng(7)
    truth = rng.uniform(0.1, 0.6, 20_000)
    hit = rng.uniform(size=20_000) < truth
    weight = np.ones(20_000)
    assert calibration_error(truth, hit, weight) < 0.02
    assert calibration_error(truth + 0.2, hit, weight) == pytest.approx(0.2, abs=0.02)


def test_calibration_bins_share_the_weight_evenly() -> None:
    rng = np.random.default_rng(8)
    table = calibration_bins(rng.uniform(size=1000), rng.uniform(size=1000) < 0.5, rng.uniform(0.1, 1, 1000))
    assert len(table) == 5
    assert sum(row[0] for row in table) == 1000
    assert [row[3] for row in table] == pytest.approx([0.2] * 5, abs=0.002)


def test_log_loss_weighs_rows() -> None:
    p = np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]])
    outcome = np.array([0, 1], dtype=np.int8)
    expected = -(3 * np.log(0.5) + 1 * np.log(0.8)) / 4
    assert log_loss(p, outcome, np.array([3.0, 1.0])) == pytest.approx(expected)


def test_uniqueness_of_the_book_example() -> None:
    # Two labels that share half of their lives: 1 for a half, 1/2 for the other.
    start, end = np.array([0, 10]), np.array([20, 30])
    assert average_uniqueness(start, end).tolist() == [0.75, 0.75]


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30)), min_size=1, max_size=12)


@given(spans)
def test_uniqueness_agrees_with_counting_every_instant(drawn: list[tuple[int, int]]) -> None:
    start = np.array([begin for begin, _ in drawn])
    end = start + np.array([length for _, length in drawn])
    alive = np.array([np.sum((start <= instant) & (instant < end)) for instant in range(100)])
    brute = [np.mean(1 / alive[begin:stop]) for begin, stop in zip(start, end, strict=True)]
    assert average_uniqueness(start, end) == pytest.approx(np.array(brute))


def test_uniqueness_of_an_instant_is_its_share() -> None:
    start = np.array([5, 5])
    assert average_uniqueness(start, start).tolist() == [0.5, 0.5]
    assert len(average_uniqueness(np.array([], dtype=np.int64), np.array([], dtype=np.int64))) == 0
