"""How much of what was learnt is lost on unseen days, and whether chance explains it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import combinations
from math import comb

import numpy as np

from ticklake_assets.core.metrics import log_loss
from ticklake_assets.core.tables import Events, Floats
from ticklake_assets.modeling.deployed.document import Document
from ticklake_assets.modeling.fitting.event_rows import trading_days

MOST_ARRANGEMENTS = 20_000
"""Above this many ways to choose the unseen days, a seeded sample of them is drawn."""
DRAWN = 9_999


class DayLoss(Document):
    """Weighted log loss of one day's rows, before calibration."""

    day: date
    effective: float
    """Sum of the labels' uniqueness."""
    loss: float


class OverfitGap(Document):
    """Train days against unseen days."""

    gap: float
    """Loss on unseen days less loss on train days."""
    seen_skill: float
    """On train days, 1 - loss / loss of their class frequencies."""
    unseen_skill: float
    p_value: float
    """Probability of such a gap if it did not matter which days were trained on: exact over whole days, since rows of
    a day share its market."""
    arrangements: int
    """Ways to choose the unseen days that it was counted over; the smallest p value is 1 / this."""

    @property
    def lost_skill(self) -> float:
        return lost_share(self.seen_skill, self.unseen_skill)


def day_losses(events: Events, probabilities: Floats, weight: Floats) -> tuple[DayLoss, ...]:
    """The loss of each day's rows, in order of the days."""
    rows = [np.flatnonzero(events.day == number) for number in np.unique(events.day)]
    return tuple(
        DayLoss(
            day=day,
            effective=float(weight[inside].sum()),
            loss=log_loss(probabilities[inside], events.outcome[inside], weight[inside]),
        )
        for day, inside in zip(trading_days(events), rows, strict=True)
    )


def class_frequency_loss(events: Events, weight: Floats) -> float:
    """Loss of stating the rows' own class frequencies: what is known without any feature."""
    shares = np.bincount(events.outcome, weights=weight, minlength=3) / weight.sum()
    return log_loss(np.tile(shares, (len(weight), 1)), events.outcome, weight)


def lost_share(seen_skill: float, unseen_skill: float) -> float:
    """Share of the skill that is gone: 0 kept all, 1 or more kept nothing; 1 where there was none to keep.

    >>> lost_share(0.2, 0.15)
    0.25
    """
    return (seen_skill - unseen_skill) / seen_skill if seen_skill > 0 else 1.0


def overfit_gap(
    seen: Sequence[DayLoss], seen_base: float, unseen: Sequence[DayLoss], unseen_base: float, seed: int = 1
) -> OverfitGap:
    """Compare train days (`seen`) with unseen ones; the bases are `class_frequency_loss` of each.

    A permutation test of the gap (Good, Permutation, Parametric and Bootstrap Tests of Hypotheses, 2005, 3.2): every
    choice of as many unseen days as there are, or a seeded sample of them. It says that the gap is no accident, not
    that it is large: that says `lost_skill`.
    """
    days = [*seen, *unseen]
    mass = np.array([each.effective for each in days])
    total = mass * np.array([each.loss for each in days])

    def gap_of(chosen: Sequence[int]) -> float:
        inside = np.zeros(len(days), dtype=np.bool_)
        inside[list(chosen)] = True
        return float(total[inside].sum() / mass[inside].sum() - total[~inside].sum() / mass[~inside].sum())

    actual = gap_of(range(len(seen), len(days)))
    if comb(len(days), len(unseen)) <= MOST_ARRANGEMENTS:
        gaps = [gap_of(chosen) for chosen in combinations(range(len(days)), len(unseen))]
    else:
        rng = np.random.default_rng(seed)
        drawn = [gap_of(rng.permutation(len(days))[: len(unseen)].tolist()) for _ in range(DRAWN)]
        gaps = [actual, *drawn]
    train, held = _mean(seen), _mean(unseen)
    return OverfitGap(
        gap=held - train,
        seen_skill=1 - train / seen_base,
        unseen_skill=1 - held / unseen_base,
        p_value=float(np.mean(np.array(gaps) >= actual - 1e-12)),
        arrangements=len(gaps),
    )


def _mean(days: Sequence[DayLoss]) -> float:
    return float(np.average([each.loss for each in days], weights=[each.effective for each in days]))
