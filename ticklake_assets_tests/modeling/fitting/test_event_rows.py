from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.modeling.fitting.event_rows import of_days, take, trading_days
from ticklake_assets_tests.modeling.markets import FIRST, market


def test_days_of_events_are_the_partitions_days() -> None:
    events = market().events
    assert trading_days(events) == [FIRST + timedelta(days=offset) for offset in range(16)]
    chosen = of_days(events, [FIRST + timedelta(days=3)], "look")
    assert trading_days(chosen) == [FIRST + timedelta(days=3)]
    day_start = 86_400_000_000 * (FIRST + timedelta(days=3) - date(1970, 1, 1)).days
    assert day_start <= chosen.ts_us.min() <= chosen.ts_us.max() < day_start + 86_400_000_000


def test_every_column_is_taken() -> None:
    events = market().events
    rows = np.array([5, 2, 9])
    chosen = take(events, rows)
    assert np.array_equal(chosen.features, events.features[rows])
    for column, whole in zip(chosen, events, strict=True):
        if isinstance(column, tuple):
            pairs = zip(column, whole, strict=True)
            assert all(np.array_equal(part, source[rows], equal_nan=True) for part, source in pairs)
        else:
            assert np.array_equal(column, whole[rows])


def test_no_event_names_the_days() -> None:
    with pytest.raises(MissingDataError, match=r"No event to train on\. Expected some from 2030-01-01"):
        of_days(market().events, [date(2030, 1, 1)], "train")
