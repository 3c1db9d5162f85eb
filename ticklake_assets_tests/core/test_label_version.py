from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ticklake_assets.core import label_version as subject
from ticklake_assets.core.folds import Windows
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.label_version import LABEL_RULES, label_version
from ticklake_assets.core.labels import label_day
from ticklake_assets.core.tables import DayFeatures, OrderOutcomes
from ticklake_assets_tests.core.quote_builders import DAY, random_quotes

EURUSD = instrument_of("EURUSD")
GOLDEN = "1", "711dea80849b9d8da3fe6308b70a13063a6aedf47d293bc9ee88d3b312095fb1"
"""Where the bits change on purpose: bump `BUILT_IN_VERSION` and state both anew."""


def test_the_bits_of_a_day_are_pinned_to_the_version_of_the_rules() -> None:
    quotes = random_quotes(12_000, gap_ms=5000)
    ts_us, bid, ask = (column[100::50] for column in quotes[:3])
    spread = np.where(np.arange(len(ts_us)) % 2, 2e-5, 2e-4)  # both horizons
    context = np.column_stack([bid, ask, (bid + ask) / 2, np.full(len(ts_us), 2e-4), spread])
    events = DayFeatures(ts_us, context, np.empty((len(ts_us), 0)))
    known = replace(EURUSD, slippage_pips=0.1, commission_pips=0.2, swap_pips=0.5, latency_ms=200)
    made = label_day(DAY, quotes, events, known)
    columns = [
        column for field in made for column in (field if isinstance(field, OrderOutcomes) else (field,))
    ]
    digest = hashlib.sha256(
        b"".join(np.ascontiguousarray(column).tobytes() for column in columns)
    ).hexdigest()
    assert (subject.BUILT_IN_VERSION, digest) == GOLDEN


@pytest.mark.parametrize(
    "fact",
    [
        {"slippage_pips": 2.0},
        {"commission_pips": 0.1},
        {"swap_pips": 0.6},
        {"latency_ms": 300},
        {"stops_level_points": 5},
        {"digits": 3},
    ],
    ids=str,
)
def test_a_fact_that_outcomes_depend_on_is_another_version(fact: dict[str, Any]) -> None:
    changed = label_version(replace(EURUSD, **fact))
    assert changed != label_version(EURUSD)
    assert changed.startswith(f"{LABEL_RULES}-")


def test_what_only_training_depends_on_is_not() -> None:
    assert label_version(replace(EURUSD, min_open_ticks=1, windows=Windows(1, 1, 1))) == label_version(EURUSD)
