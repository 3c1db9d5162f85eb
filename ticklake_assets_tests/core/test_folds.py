from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.folds import Fold, Walk, Windows

LAST = date(2024, 6, 28)
lengths = st.integers(1, 40)


@given(lengths, lengths, lengths, st.integers(0, 200), st.booleans())
def test_test_windows_tile_and_nothing_is_looked_at_before_the_first_train_day(
    train: int,
    validate: int,
    test: int,
    span: int,
    anchored: bool,  # noqa: FBT001 - drawn
) -> None:
    walk = Walk(LAST - timedelta(days=span), LAST, Windows(train, validate, test), anchored)
    folds = [Fold.before(as_of, walk.windows_of(as_of)) for as_of in walk.as_ofs]
    assert walk.as_ofs[-1] == LAST
    assert walk.as_ofs[0] - timedelta(days=test) < walk.first <= walk.as_ofs[0]
    for earlier, later in pairwise(folds):
        assert later.test[0] == earlier.test[-1] + timedelta(days=1)
        assert (later.train[0] == earlier.train[0]) == anchored
        assert len(later.train) - len(earlier.train) == (test if anchored else 0)
    assert {len(fold.validate) for fold in folds} == {validate}
    assert min(fold.train[0] for fold in folds) == walk.first_train_day


def test_a_walk_that_ends_before_it_starts_has_no_fold() -> None:
    assert Walk(LAST, LAST - timedelta(days=1), Windows(8, 2, 2)).as_ofs == []


def test_an_anchor_leaves_days_to_train_on() -> None:
    with pytest.raises(DataError, match=r"more than 4 days before, was 2024-01-13"):
        Windows(8, 2, 2).anchored_at(date(2024, 1, 13), date(2024, 1, 17))
