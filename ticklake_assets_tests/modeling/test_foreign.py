"""The markets of the gate proof are what their names say."""

from __future__ import annotations

import numpy as np
import pytest

from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Floats, Quotes
from ticklake_assets_tests.modeling.foreign import FIRST_TEST, KINDS, foreign_quotes
from ticklake_assets_tests.modeling.markets import FIRST

PIP = instrument_of("SYNEUR").pip


def days_of(kind: str, days: int = 2, *, free: bool = False) -> list[Quotes]:
    return list(foreign_quotes(kind, 1, days, free=free))


def mids(quotes: Quotes) -> Floats:
    return (quotes.bid + quotes.ask) / 2 / PIP


def lag_one(values: Floats) -> float:
    """Correlation of changes that follow each other."""
    steps = np.diff(values)
    return float(np.corrcoef(steps[:-1], steps[1:])[0, 1])


@pytest.mark.parametrize("kind", KINDS)
def test_quotes_are_a_market(kind: str) -> None:
    first, second = days_of(kind)
    assert SymbolDay("SYNEUR", FIRST).start_us <= first.ts_us[0] < first.ts_us[-1] < second.ts_us[0]
    assert np.all(np.diff(first.ts_us) > 0)
    assert np.all(first.bid < first.ask)
    assert abs(mids(second)[0] - mids(first)[-1]) < 2
    assert np.array_equal(first.bid, days_of(kind, 1)[0].bid)


def test_without_costs_there_is_no_spread() -> None:
    (free,) = days_of("clustering", 1, free=True)
    assert np.array_equal(free.bid, free.ask)


def test_nulls_look_like_something() -> None:
    plain = lag_one(mids(days_of("clustering", 1)[0]))
    assert lag_one(mids(days_of("autocorrelated", 1)[0])) > plain + 0.15
    assert lag_one(mids(days_of("bounce", 1)[0])) < plain - 0.05
    lagging = days_of("lagging quotes", 1)[0]
    both = (np.diff(lagging.bid) != 0) & (np.diff(lagging.ask) != 0)
    assert both.mean() < 0.2  # else some nine tenths
    calm, wild = days_of("regime breaks", 4)[2:]
    assert np.diff(mids(wild)).std() > 2 * np.diff(mids(calm)).std()


def test_a_drift_is_its_pips_a_day() -> None:
    days = [mids(day) for day in days_of("drift 240", 8)]
    assert 150 < (days[-1][-1] - days[0][0]) / 8 < 330


def test_the_flip_turns_what_sizes_say() -> None:
    days = days_of("sign flip", FIRST_TEST + 1)
    assert leaning(days[0]) > 0.05
    assert leaning(days[FIRST_TEST]) < -0.05


def leaning(day: Quotes) -> float:
    """Correlation of the size imbalance with the move of each ten minutes."""
    bucket = (day.ts_us - day.ts_us[0]) // 600_000_000
    imbalance = (day.bid_size - day.ask_size) / (day.bid_size + day.ask_size)
    steps = np.diff(mids(day), prepend=mids(day)[0])
    return float(np.corrcoef(np.bincount(bucket, imbalance), np.bincount(bucket, steps))[0, 1])
