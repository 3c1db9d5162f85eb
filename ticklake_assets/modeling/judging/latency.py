"""How long the deployed decision takes, an event at a time as the endpoint meets them."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.tables import DayFeatures
from ticklake_assets.modeling.deployed.bundle import Bundle
from ticklake_assets.modeling.deployed.decision import MarketEvent, decide

SLOWEST = 0.99
"""Quantile of the events' times: the rest is the machine's own pauses."""
REPEATS = 5
"""The quickest of an event's decisions is its own cost; slower ones are what else the machine did meanwhile."""


def decision_ms(
    bundle: Bundle, events: DayFeatures, clock_ns: Callable[[], int] = time.perf_counter_ns
) -> float:
    """Milliseconds within which 99 % of the events are scored and decided, each `REPEATS` times of which the quickest
    counts; the first event warms up and does not.

    It depends on the machine, so it is no part of a test's record.
    """
    if len(events.ts_us) < 2:
        raise MissingDataError(f"No event to time a decision on. Expected 2 or more, was {len(events.ts_us)}")
    scorer, spent = bundle.scorer(), []
    for ts_us, context, row in zip(*events, strict=True):
        times = []
        for _ in range(REPEATS):
            began = clock_ns()
            event = MarketEvent.at(int(ts_us), context, bundle.instrument)
            decide(event, scorer.score(row), bundle.thresholds, bundle.instrument)
            times.append(clock_ns() - began)
        spent.append(min(times))
    return float(np.quantile(spent[1:], SLOWEST)) / 1e6
