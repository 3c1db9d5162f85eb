from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.features import FEATURES
from ticklake_assets.core.schemas import names
from ticklake_assets.modeling.deployed.reference import (
    BINS,
    MINUTE_US,
    MINUTES,
    SCORES,
    ReferenceColumn,
    minutes_of,
)
from ticklake_assets_tests.core.quote_builders import random_quotes
from ticklake_assets_tests.modeling.markets import run_fold


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_each_value_is_in_the_bin_between_its_edges(values: list[float]) -> None:
    column = ReferenceColumn.of("x", np.array(values))
    ends = (-np.inf, *column.edges, np.inf)
    counted = [sum(low < value <= high for value in values) for low, high in pairwise(ends)]
    assert column.counts == tuple(counted)
    assert (column.low, column.high) == (min(values), max(values))


def test_a_bundle_holds_the_validation_market_in_bins() -> None:
    run = run_fold()
    reference = run.bundle.reference
    assert [column.name for column in reference.events] == [*names(FEATURES), *SCORES]
    assert [column.name for column in reference.minutes] == list(MINUTES)
    assert {sum(column.counts) for column in reference.events} == {run.validated.events}
    assert all(len(column.counts) == BINS for column in (*reference.events, *reference.minutes))
    assert 0 < reference.acted < 1
    assert len(run.bundle.parts.reference_json) < 30_000


def test_minutes_are_those_that_have_quotes() -> None:
    quotes = random_quotes(4000)
    found = minutes_of(quotes, 1e-4)
    minute = quotes.ts_us // MINUTE_US
    one = int(minute[2000])
    row = int(np.searchsorted(np.unique(minute), one))
    spreads = (quotes.ask - quotes.bid)[minute == one]
    assert found[row] == pytest.approx([spreads.mean() / 1e-4, len(spreads)])
    assert found[:, 1].sum() == 4000
    assert len(minutes_of(quotes.head(0), 1e-4)) == 0


def test_nothing_finite_is_no_reference() -> None:
    with pytest.raises(DataError, match="No finite x"):
        ReferenceColumn.of("x", np.array([np.nan]))
