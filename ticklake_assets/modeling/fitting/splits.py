"""Purged and embargoed cross-validation splits, by each label's own life and not by row counts.

A label lives from its event to its `known_at`. Held-out groups that follow one another make a block; a block lives
from its first event to the last `known_at` of its labels. Rows whose life touches a block's are purged from the train
side, and so are those that start within the embargo after it. Whole days are the special case in which nothing is
left to purge: orders end with the day.

Lopez de Prado, Advances in Financial Machine Learning (2018), 7.4 (purging, embargo) and 12.3 (combinatorial purged
cross-validation).
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.tables import Events, Ints


class Split(NamedTuple):
    """One fit: positions of rows to train on, and of the rows of each held-out group."""

    train: Ints
    held: dict[int, Ints]
    """By group, 0 being the earliest."""


def purged_splits(
    start_us: Ints, known_at_us: Ints, group: Ints, embargo_us: int, held_groups: int = 1
) -> list[Split]:
    """Every choice of `held_groups` out of the groups 0, 1, ...: one split each.

    `group` never falls along the rows, which ascend by `start_us`. With one held group that is k-fold
    cross-validation, with more the combinatorial one. DataError where a split leaves nothing to train on.
    """
    count = int(group[-1]) + 1 if len(group) else 0
    if not 0 < held_groups < count:
        raise DataError(
            f"Too few groups to hold {held_groups} out. Expected {held_groups + 1} or more, was {count}"
        )
    splits = []
    for chosen in combinations(range(count), held_groups):
        keep = ~np.isin(group, chosen)
        for first, last in _blocks(chosen):
            rows = (group >= first) & (group <= last)
            begins, ends = int(start_us[rows].min()), int(known_at_us[rows].max())
            keep &= (known_at_us < begins) | (start_us > ends + embargo_us)
        if not keep.any():
            raise DataError(
                f"Purge and embargo leave nothing to train on beside groups {chosen}. Expected shorter labels or fewer "
                f"held-out groups, was an embargo of {embargo_us / 60e6:g} minutes"
            )
        held = {index: np.flatnonzero(group == index) for index in chosen}
        splits.append(Split(np.flatnonzero(keep), held))
    return splits


def groups_of_days(events: Events, count: int) -> Ints:
    """Number each row's group: runs of whole days, as equal in days as can be."""
    days, place = np.unique(events.day, return_inverse=True)
    if len(days) < count:
        raise DataError(f"Too few train days for cross-validation. Expected {count} or more, was {len(days)}")
    sizes = [len(part) for part in np.array_split(days, count)]
    return np.repeat(np.arange(count), sizes)[place]


def paths(splits: list[Split]) -> list[dict[int, int]]:
    """Walks through all groups, each group from another split: group -> index into `splits`.

    One path of k-fold cross-validation; with `held_groups` of G there are C(G - 1, held_groups - 1) (12.4.1).
    """
    holders: dict[int, list[int]] = {}
    for index, split in enumerate(splits):
        for group in split.held:
            holders.setdefault(group, []).append(index)
    length = len(next(iter(holders.values())))
    return [{group: holders[group][turn] for group in sorted(holders)} for turn in range(length)]


def _blocks(chosen: tuple[int, ...]) -> list[tuple[int, int]]:
    """First and last of each run of neighbouring groups.

    >>> _blocks((0, 1, 3))
    [(0, 1), (3, 3)]
    """
    blocks = [(chosen[0], chosen[0])]
    for group in chosen[1:]:
        if group == blocks[-1][1] + 1:
            blocks[-1] = (blocks[-1][0], group)
        else:
            blocks.append((group, group))
    return blocks
