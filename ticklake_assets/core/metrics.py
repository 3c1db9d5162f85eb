"""Figures by which a model is judged: Sharpe and its deflation, overfitting, bounds, calibration, overlap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import combinations
from math import atan, cos, e, pi, sin, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.tables import Bytes, Floats, Ints

EULER_GAMMA = 0.5772156649015329
_NORMAL = NormalDist()
_NOTHING = 1e-100
"""Its square is still a number."""
_NO_SKEW = 1e-6
"""Of a mean: below it the transformation is 1 less 1, of which no digit is left."""
_ROUNDING = 1e-9
"""Relative: a net in pips is a difference of prices of which the 16th digit is rounded."""
_ALIKE = 1e-6
"""Relative: no net is a million points, so that nets which differ by less are no price step apart. What is left are
roundings of prices and costs, on which a Sharpe ratio of hundreds of millions would rest."""


def sharpe(returns: Floats) -> float:
    """Mean over sample standard deviation, per trade (not annualised); 0 where there is no spread."""
    if len(returns) < 2 or _is_constant(returns):
        return 0.0
    return float(np.mean(returns)) / float(np.std(returns, ddof=1))


def _is_constant(values: Floats) -> bool:
    """Whether values differ by no more than roundings of the prices and costs that they come from."""
    return bool(np.ptp(values) <= max(_ALIKE * np.abs(values).max(), _NOTHING))


def skewness(values: Floats) -> float:
    """Third standardised moment; 0 where there is no spread."""
    if len(values) < 2 or _is_constant(values):
        return 0.0
    return float(np.mean(((values - values.mean()) / values.std()) ** 3))


def design_effect(*groups: Sequence[Floats]) -> float:
    """How many times the variance of the trades' mean is what independent trades would have; at least 1.

    A group is days, each with its trades, that have a mean in common; trades of a day may depend on each other, days do
    not. Kish, Survey Sampling (1965), 8.2, names the ratio; the variance is Liang & Zeger's, Longitudinal Data Analysis
    Using Generalized Linear Models (1986), with a day as a cluster: the squares of the days' summed deviations from
    their group's mean. The number of trades over it is the effective number of trades. Few days leave it uncertain, so
    that it can't be relied on to be below 1; without a correction for their number tests hold 2.5 % (`python -m bench
    nulls`).
    """
    between = within = 0.0
    for days in groups:
        returns = np.concatenate([*days, np.empty(0)])
        if len(returns) > 1 and not _is_constant(returns):
            deviations = [day - returns.mean() for day in days]
            between += sum(float(each.sum()) ** 2 for each in deviations)
            within += sum(float(each @ each) for each in deviations)
    return max(1.0, between / within) if within else 1.0


def expected_best_sharpe(trials: int, variance: float) -> float:
    """Sharpe that the best of `trials` skill-less strategies shows, whose Sharpes vary by `variance`.

    Bailey & Lopez de Prado, The Deflated Sharpe Ratio (2014), eq. 1. One trial selects nothing: 0. Quantiles are of the
    lower tail, negated: 1 - 1 / trials is 1 from 1e16 trials on. Past 1e300 (37 deviations) they stay as they are.
    """
    if trials < 2:
        return 0.0
    chance = max(1 / trials, 1e-300)
    best = (1 - EULER_GAMMA) * _NORMAL.inv_cdf(chance) + EULER_GAMMA * _NORMAL.inv_cdf(chance / e)
    return -sqrt(variance) * best


def deflated_sharpe(returns: Floats, trials: int, effect: float = 1.0) -> float:
    """Probability that the true Sharpe is above what the best of `trials` noise strategies would show.

    Bailey & Lopez de Prado (2014), eq. 2, with skewness and kurtosis of the trades, and T their effective number:
    theirs over `effect`, their `design_effect`. The variance between trials is 1 / (T - 1), that of a skill-less
    Sharpe: the trials' own Sharpes differ because some have an edge, and taking their variance rejected 65-70 % of
    real edges. 0 below 3 effective trades, and where all trades are alike.
    """
    count = len(returns) / effect
    ratio = sharpe(returns)
    if count < 3 or ratio == 0.0:
        return 0.0
    excess = ratio - expected_best_sharpe(trials, 1 / (count - 1))
    return _NORMAL.cdf(excess * sqrt(count - 1) / sqrt(sharpe_variance(returns)))


def sharpe_variance(returns: Floats) -> float:
    """Variance of an estimated Sharpe, times the number of returns less 1; more than 0.

    1 - skewness SR + (kurtosis - 1) / 4 SR^2 (Mertens, 2002; Bailey & Lopez de Prado, 2012, eq. 4). Of returns that
    take two values it can be 0, which no number of trades makes true.
    """
    ratio = sharpe(returns)
    if ratio == 0.0:
        return 1.0
    kurtosis = float(np.mean(((returns - returns.mean()) / returns.std()) ** 4))
    return max(1 - skewness(returns) * ratio + (kurtosis - 1) / 4 * ratio**2, _ROUNDING)


def overfitting_probability(days: int, judged: Callable[[Ints], Floats], blocks: int = 10) -> float:
    """Probability that the best configuration in one half of the days is below the median in the other (PBO).

    Bailey, Borwein, Lopez de Prado & Zhu, The Probability of Backtest Overfitting (2016), algorithm 2.3 (CSCV).
    `judged` gives each configuration's figure, the more the better, over days that it gets as ascending places from
    0 to `days`; `blocks` is even. At the median counts half.
    """
    configurations = len(judged(np.arange(days)))
    if blocks % 2 or days < blocks or configurations < 2:
        raise DataError(
            f"Expected an even number of blocks, a day for each and 2 configurations, was {blocks} blocks, "
            f"{days} days, {configurations} configurations"
        )
    parts = np.array_split(np.arange(days), blocks)
    below = 0.0
    chosen = list(combinations(range(blocks), blocks // 2))
    for inside in chosen:
        within = np.concatenate([parts[block] for block in inside])
        best = int(np.argmax(judged(within)))
        left = judged(np.setdiff1d(np.arange(days), within))
        rank = (np.sum(left < left[best]) + 0.5 * (np.sum(left == left[best]) + 1)) / (configurations + 1)
        below += 1.0 if rank < 0.5 else 0.5 if rank == 0.5 else 0.0
    return below / len(chosen)


def lower_bound_of_mean(values: Floats, tail: float = 0.05, skew: float = 0.0) -> float:
    """One-sided lower confidence bound of a mean by Student's t; -inf for fewer than two values.

    `skew` is the skewness of the mean. Rare big losses make it negative, and a t value of days that met few of them
    too large: Hall, On the Removal of Skewness by Transformation (1992), transforms t by a cubic that only rises,
    t + skew (1 + 2 t^2) / 6 + skew^2 t^3 / 27; the quantile is taken back through it. Below a skewness of the mean of
    some -5, where the cubic no longer fits, t's own quantile stays: a negative skew never raises the bound.
    """
    count = len(values)
    if count < 2:
        return float("-inf")
    error = float(np.std(values, ddof=1)) / sqrt(count)
    quantile = student_t_quantile(1 - tail, count - 1)
    if abs(skew) > _NO_SKEW:
        through = 3 / skew * (float(np.cbrt(1 + skew * (quantile - skew / 6))) - 1)
        quantile = max(quantile, through) if skew < 0 else through
    return float(np.mean(values)) - quantile * error


@cache
def student_t_quantile(level: float, freedom: int) -> float:
    """Quantile of Student's t by bisection of `student_t_cdf`; `level` in [0.5, 1)."""
    low, high = 0.0, 1.0
    while student_t_cdf(high, freedom) < level:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if student_t_cdf(middle, freedom) < level else (low, middle)
    return (low + high) / 2


def student_t_cdf(value: float, freedom: int) -> float:
    """Distribution function of Student's t for whole degrees of freedom.

    Abramowitz & Stegun (1964), 26.7.3 and 26.7.4: finite sums of cosines, exact.
    """
    angle = atan(value / sqrt(freedom))
    cosine = cos(angle)
    if freedom % 2:
        term, total = cosine, 0.0
        for k in range(3, freedom + 1, 2):
            total += term
            term *= cosine**2 * (k - 1) / k
        within = 2 / pi * (angle + sin(angle) * total)
    else:
        term, total = 1.0, 0.0
        for k in range(2, freedom + 1, 2):
            total += term
            term *= cosine**2 * (k - 1) / k
        within = sin(angle) * total
    return 0.5 + within / 2


def calibration_error(probability: Floats, hit: NDArray[np.bool_], weight: Floats, bins: int = 5) -> float:
    """Weighted mean gap between stated probability and observed frequency over bins of equal weight (ECE).

    Naeini, Cooper & Hauskrecht, Obtaining Well Calibrated Probabilities (2015), with equal-mass bins: a few
    hundred effective labels fill five bins, not ten.
    """
    if len(probability) == 0:
        return 0.0
    error = 0.0
    for _, stated, observed, mass in calibration_bins(probability, hit, weight, bins):
        error += mass * abs(stated - observed)
    return error


def calibration_bins(
    probability: Floats, hit: NDArray[np.bool_], weight: Floats, bins: int = 5
) -> list[tuple[int, float, float, float]]:
    """Reliability table: (rows, mean stated probability, observed frequency, share of the weight) a bin."""
    order = np.argsort(probability, kind="stable")
    reached = np.cumsum(weight[order]) / weight.sum()
    place = np.minimum((reached * bins - 1e-9).astype(np.int64), bins - 1)
    table = []
    for index in range(bins):
        rows = order[place == index]
        mass = float(weight[rows].sum())
        if mass > 0:
            stated = float(weight[rows] @ probability[rows]) / mass
            observed = float(weight[rows] @ hit[rows].astype(np.float64)) / mass
            table.append((len(rows), stated, observed, mass / float(weight.sum())))
    return table


def log_loss(probabilities: Floats, outcome: Bytes, weight: Floats) -> float:
    """Weighted mean of -log(probability of what happened); probabilities of shape (n, classes)."""
    happened = probabilities[np.arange(len(outcome)), outcome.astype(np.int64)]
    return float(-(weight @ np.log(np.maximum(happened, 1e-15))) / weight.sum())


def average_uniqueness(start_us: Ints, end_us: Ints) -> Floats:
    """How much of each label is its own: the mean of 1 / (labels alive) over its life [start, end).

    Lopez de Prado, Advances in Financial Machine Learning (2018), 4.3-4.4, in continuous time. The sum of the
    weights is the effective number of labels. A life of no length counts a microsecond.
    """
    if len(start_us) == 0:
        return np.empty(0)
    end = np.maximum(end_us, start_us + 1)
    edges = np.unique(np.concatenate([start_us, end]))
    begins, ends = np.searchsorted(edges, start_us), np.searchsorted(edges, end)
    steps = np.zeros(len(edges))
    np.add.at(steps, begins, 1.0)
    np.add.at(steps, ends, -1.0)
    alive = np.cumsum(steps)[:-1]
    shared = np.diff(edges) / np.maximum(alive, 1.0)
    total = np.concatenate([[0.0], np.cumsum(np.where(alive > 0, shared, 0.0))])
    unique: Floats = (total[ends] - total[begins]) / (end - start_us)
    return unique
