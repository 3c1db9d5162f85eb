from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.symbol_day import MICROS_PER_DAY
from ticklake_assets.core.tables import Ints
from ticklake_assets.modeling.fitting.event_rows import of_days, trading_days
from ticklake_assets.modeling.fitting.splits import groups_of_days, paths, purged_splits
from ticklake_assets_tests.modeling.markets import market

EVENTS = of_days(market().events, trading_days(market().events)[:6], "train")


@st.composite
def crossing_labels(draw: st.DrawFn) -> tuple[Ints, Ints, Ints]:
    """Starts, `known_at` and groups: lives of any length, so that labels cross borders of groups."""
    groups = draw(st.integers(2, 6))
    rows = draw(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 60)), min_size=groups, max_size=60))
    start = np.array(sorted(first for first, _ in rows))
    known = start + np.array([life for _, life in rows])
    cuts = sorted(
        draw(st.sets(st.integers(1, len(rows) - 1), min_size=groups - 1, max_size=groups - 1))
        if len(rows) > groups - 1
        else set(range(1, groups))
    )
    return start, known, np.searchsorted(cuts, np.arange(len(rows)), side="right")


@given(crossing_labels(), st.integers(0, 40), st.integers(1, 3))
def test_every_row_is_trained_on_unless_a_block_forbids_it(
    case: tuple[Ints, Ints, Ints], embargo: int, held_groups: int
) -> None:
    """Against a row-by-row oracle that walks the blocks of held-out groups in time."""
    start, known, group = case
    count = int(group[-1]) + 1
    assume(held_groups < count)
    expected = []
    for chosen in combinations(range(count), held_groups):
        kept = []
        for row in range(len(start)):
            is_free = group[row] not in chosen
            for block in _runs(chosen):
                inside = [other for other in range(len(start)) if group[other] in block]
                begins, ends = min(start[inside]), max(known[inside])
                overlaps = start[row] <= ends and begins <= known[row]
                embargoed = ends < start[row] <= ends + embargo
                is_free = is_free and not overlaps and not embargoed
            if is_free:
                kept.append(row)
        expected.append((chosen, kept))
    if not all(kept for _, kept in expected):
        with pytest.raises(DataError, match="leave nothing to train on"):
            purged_splits(start, known, group, embargo, held_groups)
        return
    splits = purged_splits(start, known, group, embargo, held_groups)
    assert [(tuple(split.held), split.train.tolist()) for split in splits] == expected
    for split in splits:
        for index, rows in split.held.items():
            assert rows.tolist() == np.flatnonzero(group == index).tolist()


def _runs(chosen: tuple[int, ...]) -> list[list[int]]:
    runs: list[list[int]] = []
    for group in chosen:
        if runs and runs[-1][-1] == group - 1:
            runs[-1].append(group)
        else:
            runs.append([group])
    return runs


@given(crossing_labels(), st.integers(0, 40))
def test_no_trained_label_shares_a_moment_with_a_held_out_one(
    case: tuple[Ints, Ints, Ints], embargo: int
) -> None:
    start, known, group = case
    try:
        splits = purged_splits(start, known, group, embargo)
    except DataError:
        return
    for split in splits:
        (held,) = split.held.values()
        apart = (known[split.train][:, None] < start[held]) | (
            start[split.train][:, None] > known[held] + embargo
        )
        assert apart.all()


def test_a_label_is_purged_by_its_known_at_and_not_by_its_place() -> None:
    """Row 2 reaches into the held-out group and row 1, as near to it, does not; row 5 starts in the embargo."""
    start = np.array([0, 10, 11, 50, 60, 100, 130])
    known = np.array([5, 12, 55, 58, 90, 105, 135])
    split = purged_splits(start, known, np.array([0, 0, 0, 1, 1, 2, 2]), embargo_us=20)[1]
    assert split.train.tolist() == [0, 1, 6]


def test_whole_days_leave_nothing_to_purge() -> None:
    """Orders end with the day: without embargo the train side is everything else."""
    group = groups_of_days(EVENTS, 3)
    for split in purged_splits(EVENTS.ts_us, EVENTS.known_at_us, group, embargo_us=0):
        (held,) = split.held.values()
        assert sorted([*split.train, *held]) == list(range(len(EVENTS.day)))
        assert not set(EVENTS.day[split.train]) & set(EVENTS.day[held])


def test_a_label_that_reaches_into_the_next_day_is_purged() -> None:
    group, known = groups_of_days(EVENTS, 3), EVENTS.known_at_us.copy()
    last = int(np.flatnonzero(group == 0)[-1])
    known[last] = (EVENTS.day[last] + 1) * MICROS_PER_DAY + 3_600_000_000
    first, middle, _ = purged_splits(EVENTS.ts_us, known, group, embargo_us=0)
    assert last not in middle.train
    reached = np.flatnonzero((group == 1) & (EVENTS.ts_us <= known[last]))
    assert len(reached) > 0
    assert not set(reached) & set(first.train)


def test_groups_are_runs_of_whole_days() -> None:
    group = groups_of_days(EVENTS, 4)
    assert [len(np.unique(EVENTS.day[group == index])) for index in range(4)] == [2, 2, 1, 1]
    assert (np.diff(group) >= 0).all()
    with pytest.raises(DataError, match="Expected 7 or more, was 6"):
        groups_of_days(EVENTS, 7)


@pytest.mark.parametrize(("groups", "held"), [(4, 1), (5, 2), (6, 3)])
def test_paths_visit_every_group_and_use_every_held_out_group_once(groups: int, held: int) -> None:
    start = np.arange(groups * 10) * 10
    splits = purged_splits(start, start + 1, np.repeat(np.arange(groups), 10), 0, held)
    walks = paths(splits)
    assert len(splits) == comb(groups, held)
    assert len(walks) == comb(groups - 1, held - 1)
    assert all(list(walk) == list(range(groups)) for walk in walks)
    used = [(index, group) for walk in walks for group, index in walk.items()]
    assert sorted(used) == sorted(
        (index, group) for index, split in enumerate(splits) for group in split.held
    )


@pytest.mark.parametrize("held", [0, 3])
def test_some_group_is_held_out_and_some_is_not(held: int) -> None:
    start = np.arange(30)
    with pytest.raises(DataError, match=f"hold {held} out. Expected {held + 1} or more, was 3"):
        purged_splits(start, start, np.repeat(np.arange(3), 10), 0, held)
