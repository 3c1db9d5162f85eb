from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ticklake_assets.core import label_version as subject
from ticklake_assets.core.broker import ByPrice
from ticklake_assets.core.folds import Windows
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.label_version import LABEL_RULES, label_version
from ticklake_assets.core.labels import label_day
from ticklake_assets.core.tables import DayFeatures, OrderOutcomes
from ticklake_assets_tests.core.quote_builders import DAY, random_quotes

EURUSD = instrument_of("EURUSD")
GOLDEN = "2", "6da8e1d9a72c163d2cb65ef0a077dc5942f6a1cc8f06e1b2197e1dc98e9883fa"
"""Where the bits change on purpose: bump `BUILT_IN_VERSION` and state both anew."""


def test_the_bits_of_a_day_are_pinned_to_the_version_of_the_rules() -> None:
    quotes = random_quotes(12_000, gap_ms=5000)
    ts_us, bid, ask = (column[100::50] for column in quotes[:3])
    spread = np.where(np.arange(len(ts_us)) % 2, 2e-5, 2e-4)  # both horizons
    context = np.column_stack([bid, ask, (bid + ask) / 2, np.full(len(ts_us), 2e-4), spread])
    events = DayFeatures(ts_us, context, np.empty((len(ts_us), 0)))
    known = EURUSD.charging(
        slippage_pips=0.1,
        commission=ByPrice(share=35e-6),
        swap_long_pips=0.5,
        swap_short_pips=-0.2,
        latency_ms=(130, 200, 400),
    )
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
        {"slippage_by_hour": (2.0,) * 24},
        {"commission": ByPrice(share=36e-6)},
        {"minimum_commission": ByPrice(fixed=1.0)},
        {"markup_pips": 0.1},
        {"swap_long_pips": 0.6},
        {"swap_short_pips": 0.6},
        {"nights": (1,) * 7},
        {"latency_ms": (300,)},
    ],
    ids=str,
)
def test_a_cost_that_outcomes_depend_on_is_another_version(fact: dict[str, Any]) -> None:
    changed = label_version(EURUSD.charging(**fact))
    assert changed != label_version(EURUSD)
    assert changed.startswith(f"{LABEL_RULES}-")


@pytest.mark.parametrize("fact", [{"stops_level_points": 5}, {"digits": 3}], ids=str)
def test_a_fact_that_outcomes_depend_on_is_another_version(fact: dict[str, Any]) -> None:
    changed = label_version(replace(EURUSD, **fact))
    assert changed != label_version(EURUSD)
    assert changed.startswith(f"{LABEL_RULES}-")


def test_what_only_training_depends_on_is_not() -> None:
    assert label_version(replace(EURUSD, min_open_ticks=1, windows=Windows(1, 1, 1))) == label_version(EURUSD)


def test_who_charges_the_same_makes_the_same_labels_and_a_profile_that_does_not_makes_others() -> None:
    assert label_version(EURUSD.charging(profile="mine")) == label_version(EURUSD)
    assert label_version(instrument_of("EURUSD", "raw_spread")) != label_version(EURUSD)
    assert label_version(instrument_of("SYNEUR", "raw_spread")) == label_version(instrument_of("SYNEUR"))
