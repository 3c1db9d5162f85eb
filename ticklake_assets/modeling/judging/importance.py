"""What each feature is worth on test days: how much worse the deployed probabilities get when its values are shuffled.

Gain says what the trees split on, be it noise; this says what helped on days that nothing was fitted on.

    found = importance_of(scorer, events, weight, features)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ticklake_assets.core.metrics import log_loss
from ticklake_assets.core.tables import Events, Floats, Ints
from ticklake_assets.modeling.deployed.document import Document
from ticklake_assets.modeling.deployed.scorer import Scorer
from ticklake_assets.modeling.fitting.event_rows import take

REPEATS = 3
"""Each is a run of all trees over all events for every feature, 0.7 s of CPU on two days."""
MOST_EVENTS = 3_000
"""Of a longer test a seeded sample, or a year would take a minute."""
CORRELATED = 0.9
"""Absolute rank correlation above which two features are taken for one: shuffled alone, each hides behind the other."""


class Importance(Document):
    """One feature, or several that move together, shuffled as one."""

    features: tuple[str, ...]
    loss_rise: float
    """Weighted log loss with shuffled values less that with the true ones, mean of the repeats; below 0 it misled."""
    spread: float
    """Standard deviation over the repeats: what the shuffling does, not what other days would say."""


class FoldImportance(Document):
    """The importance of every feature on a fold's test days."""

    alone: tuple[Importance, ...]
    """By feature, in the order of the kernel's columns."""
    together: tuple[Importance, ...]
    """By group of features that are correlated on these days; empty where there is none."""


def importance_of(
    scorer: Scorer,
    events: Events,
    weight: Floats,
    features: Sequence[str],
    seed: int = 1,
    most_events: int = MOST_EVENTS,
) -> FoldImportance:
    """Permutation importance by the log loss of the calibrated probabilities, as the bundle's scorer states them.

    Breiman, Random Forests (2001), 10; Fisher, Rudin & Dominici, All Models are Wrong, but Many are Useful (2019). Rows
    are exchanged over all of the events, of `weight` each; every feature meets the same `REPEATS` seeded orders, so
    that their figures differ by the feature alone.
    """
    rng = np.random.default_rng(seed)
    if len(weight) > most_events:
        sample = np.sort(rng.permutation(len(weight))[:most_events])
        events, weight = take(events, sample), weight[sample]
    count = len(weight)
    orders = [rng.permutation(count) for _ in range(REPEATS)]
    before = _loss(scorer, events.features, events, weight)

    def shuffled(columns: list[int]) -> Importance:
        rises = []
        for order in orders:
            rows = events.features.copy()
            rows[:, columns] = rows[order][:, columns]
            rises.append(_loss(scorer, rows, events, weight) - before)
        return Importance(
            features=tuple(features[column] for column in columns),
            loss_rise=float(np.mean(rises)),
            spread=float(np.std(rises, ddof=1)),
        )

    return FoldImportance(
        alone=tuple(shuffled([column]) for column in range(len(features))),
        together=tuple(shuffled(group) for group in correlated_groups(events.features)),
    )


def correlated_groups(values: Floats, above: float = CORRELATED) -> list[list[int]]:
    """Columns of (n, F) that hang together by absolute rank correlations above a limit, each group ascending.

    Spearman's coefficient: that of Pearson between average ranks. A constant column is correlated with nothing.
    """
    ranks = np.apply_along_axis(_average_ranks, 0, values)
    centred = ranks - ranks.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    unit = np.divide(centred, length, out=np.zeros_like(centred), where=length > 0)
    near = np.abs(unit.T @ unit) > above
    groups: list[list[int]] = []
    left = set(range(values.shape[1]))
    while left:
        group, reached = set[int](), {min(left)}
        while reached - group:
            group |= reached
            reached = {int(other) for column in group for other in np.flatnonzero(near[column])}
        left -= group
        if len(group) > 1:
            groups.append(sorted(group))
    return groups


def _average_ranks(column: Floats) -> Floats:
    """Ranks from 0; equal values share the middle of theirs."""
    _, place, counts = np.unique(column, return_inverse=True, return_counts=True)
    last: Ints = np.cumsum(counts)
    middle: Floats = last - (counts + 1) / 2
    return middle[place]


def _loss(scorer: Scorer, rows: Floats, events: Events, weight: Floats) -> float:
    stated = scorer.calibration.of_rows(scorer.pattern.probabilities(rows))
    return log_loss(stated, events.outcome, weight)
