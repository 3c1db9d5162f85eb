from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.tables import DayFeatures
from ticklake_assets.modeling.judging.latency import REPEATS, decision_ms
from ticklake_assets_tests.modeling.markets import FIRST, market, run_fold


def ticking(steps_ms: list[float]) -> Iterator[int]:
    """A clock whose events take these times once of five decisions, and 50 ms more else."""
    now = 0
    for place, step in enumerate(steps_ms):
        for repeat in range(REPEATS):
            yield now
            now += round((step if repeat == place % REPEATS else step + 50.0) * 1e6)
            yield now


def test_the_first_event_warms_up_and_one_slow_event_of_a_hundred_is_allowed() -> None:
    events = market().features[FIRST].head(201)
    clock = ticking([500.0, *[1.0] * 198, 9.0, 9.0])
    assert decision_ms(run_fold().bundle, events, lambda: next(clock)) == pytest.approx(1.0, abs=0.1)
    clock = ticking([500.0, *[1.0] * 195, *[9.0] * 5])
    assert decision_ms(run_fold().bundle, events, lambda: next(clock)) == pytest.approx(9.0)


def test_a_decision_takes_far_less_than_the_order_s_own_latency() -> None:
    assert 0 < decision_ms(run_fold().bundle, market().features[FIRST]) < 20


def test_a_day_without_events_times_nothing() -> None:
    with pytest.raises(MissingDataError, match="Expected 2 or more, was 0"):
        decision_ms(run_fold().bundle, DayFeatures(np.empty(0, np.int64), np.empty((0, 5)), np.empty((0, 9))))
