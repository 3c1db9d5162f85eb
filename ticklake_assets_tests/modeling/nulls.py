"""Trades without an edge: their mean is zero by construction, and how they hang together is not.

Each draw gives nets of shape (chains, days, trades a day).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ticklake_assets.core.tables import Floats

Rng = np.random.Generator
Draw = Callable[[Rng, tuple[int, int, int]], Floats]
_LOSS = 20.0


def independent(rng: Rng, shape: tuple[int, int, int]) -> Floats:
    return rng.standard_normal(shape)


def of_one_day(share: float) -> Draw:
    """An effect that the trades of a day have in common: an intraclass correlation of `share`."""

    def draw(rng: Rng, shape: tuple[int, int, int]) -> Floats:
        day = rng.standard_normal((*shape[:2], 1))
        return np.sqrt(share) * day + np.sqrt(1 - share) * rng.standard_normal(shape)

    return draw


def rare_losses(share: float, day_effect: float = 0.0) -> Draw:
    """A loss of 20 in a share of the trades, made good by all others, which vary by 1."""

    def draw(rng: Rng, shape: tuple[int, int, int]) -> Floats:
        lost = rng.random(shape) < share
        usual = share * _LOSS / (1 - share) + rng.standard_normal(shape)
        return np.where(lost, -_LOSS, usual) + day_effect * rng.standard_normal((*shape[:2], 1))

    return draw


def losses_together(rng: Rng, shape: tuple[int, int, int]) -> Floats:
    """Big losses come on one day in four, and there in one trade of twelve."""
    bad_day = rng.random((*shape[:2], 1)) < 0.25
    lost = bad_day & (rng.random(shape) < 1 / 12)
    return np.where(lost, -_LOSS, _LOSS / 48 / (1 - 1 / 48) + rng.standard_normal(shape))


def calm_and_wild_days(rng: Rng, shape: tuple[int, int, int]) -> Floats:
    """The logarithm of a day's volatility is an AR(1) of 0.8: some days move three times as much as others."""
    log = np.empty(shape[:2])
    log[:, 0] = rng.standard_normal(shape[0])
    for day in range(1, shape[1]):
        log[:, day] = 0.8 * log[:, day - 1] + 0.6 * rng.standard_normal(shape[0])
    return np.exp(0.5 * log)[:, :, None] * rng.standard_normal(shape)


def like_the_one_before(rng: Rng, shape: tuple[int, int, int]) -> Floats:
    """Each trade is correlated by 0.3 with the one before it on its day."""
    steps = rng.standard_normal(shape)
    for trade in range(1, shape[2]):
        steps[:, :, trade] = 0.3 * steps[:, :, trade - 1] + np.sqrt(1 - 0.09) * steps[:, :, trade]
    return steps


def one_regime(rng: Rng, shape: tuple[int, int, int]) -> Floats:
    """A mean that all test days of a chain have in common, zero over chains alone: 1 % of the variance."""
    return np.sqrt(0.01) * rng.standard_normal((shape[0], 1, 1)) + rng.standard_normal(shape)


NULLS: dict[str, Draw] = {
    "independent trades": independent,
    "day effect, correlation 0.05": of_one_day(0.05),
    "day effect, correlation 0.10": of_one_day(0.10),
    "day effect, correlation 0.30": of_one_day(0.30),
    "a loss of 20 in 2 % of trades": rare_losses(0.02),
    "a loss of 20 in 5 % of trades": rare_losses(0.05),
    "a loss of 20 in 2 % of trades, day effect": rare_losses(0.02, 0.7),
    "calm and wild days": calm_and_wild_days,
    "each trade like the one before": like_the_one_before,
}
"""What the gates hold."""
UNSEEN: dict[str, Draw] = {
    "one regime for all test days": one_regime,
    "losses of 20 on one day in four": losses_together,
}
"""What no test of these days can hold: the days do not show what the others are like."""
