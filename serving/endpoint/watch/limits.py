"""What opens a symbol's breaker, and when it closes again: the one table of the thresholds."""

from __future__ import annotations

from typing import NamedTuple

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
CALM_US = 5 * MINUTE_US
"""Tick time that a reason must have been below `closes` before it is over."""


class Limit(NamedTuple):
    """Hysteresis: a reason begins at `opens` and goes on until it is below `closes` for `CALM_US`."""

    reason: str
    opens: float
    closes: float
    unit: str
    about: str


STALE = Limit("feed_stale", 10.0, 5.0, "seconds", "a live tick came later than its own time by this much")
SKEW = Limit("clock_skew", 2.0, 1.0, "seconds", "a live tick's time lies ahead of this machine's clock")
GAP = Limit("feed_gap", 300.0, 120.0, "seconds", "no clean tick for so long inside the day")
SPREAD = Limit(
    "spread_blown",
    4.0,
    2.0,
    "times",
    "a minute's mean spread against the level that 90 % of the reference stay below",
)
SCORES = Limit("score_drift", 1.0, 0.5, "PSI", "the largest of the scores' population stability indices")
STRANGE = Limit("out_of_range", 0.3, 0.15, "share", "events whose anomaly score the reference never had")

LIMITS = (STALE, SKEW, GAP, SPREAD, SCORES, STRANGE)
"""0.25 is what the literature calls a shift of the PSI (Siddiqi, Credit Risk Scorecards, 2006): worth a look. A breaker
stops trading, so that it waits for four times that, in a window of a day's events."""
