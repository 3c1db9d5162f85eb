"""The poison test itself: what leaks is found with its time and reach, what does not is left alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticklake_assets.core.declared import Known
from ticklake_assets.core.lookahead import EVENTS, MOST_KNOWN, Sheet, find_leaks, poison_times, poisons
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Quotes
from ticklake_assets_tests.core.quote_builders import DAY, random_quotes

QUOTES = random_quotes(400, gap_ms=60_000)
EVERY = 20
"""An event each so many quotes."""
MINUTE = 60_000_000


def sheet(day: SymbolDay, quotes: Quotes, reach_us: int, stated_us: int) -> Sheet:
    """A column that reads so far beyond its event, and says that it is known so long after it."""
    ts_us = quotes.ts_us[::EVERY]
    at = np.searchsorted(quotes.ts_us, ts_us + reach_us, side="right") - 1
    return Sheet(ts_us, {"it": Known(quotes.bid[at], np.minimum(ts_us + stated_us, day.end_us - 1))})


@given(reach=st.integers(0, 90), stated=st.integers(0, 90))
@settings(max_examples=25)
def test_it_leaks_where_it_reads_beyond_what_it_says(reach: int, stated: int) -> None:
    leaks = find_leaks(
        lambda day, quotes: sheet(day, quotes, reach * MINUTE, stated * MINUTE),
        DAY,
        QUOTES,
        QUOTES.ts_us.tolist()[::3],
    )
    if reach <= stated:
        assert leaks == []
    elif reach > stated + 10:  # more than the gaps between poisons
        assert [leak.column for leak in leaks] == ["it"]
        assert 0 < leaks[0].ahead_us < (reach - stated) * MINUTE


def test_a_leak_says_from_when_and_how_far() -> None:
    (leak,) = find_leaks(
        lambda day, quotes: sheet(day, quotes, 60 * MINUTE, 0), DAY, QUOTES, QUOTES.ts_us.tolist()
    )
    assert (leak.first_us, leak.events) == (QUOTES.ts_us[0], len(QUOTES.ts_us[::EVERY]))
    assert 50 * MINUTE < leak.ahead_us < 60 * MINUTE


def test_a_known_at_that_moves_is_a_leak() -> None:
    """Its value stays, but when it is said to be known depends on what comes after."""

    def says_when(day: SymbolDay, quotes: Quotes) -> Sheet:
        made = sheet(day, quotes, 0, 0)
        known = np.where(quotes.bid[-1] > 1.0, made.ts_us, made.ts_us + 1)
        return Sheet(made.ts_us, {"it": Known(made.columns["it"].values, known)})

    assert [leak.column for leak in find_leaks(says_when, DAY, QUOTES, QUOTES.ts_us[::7].tolist())] == ["it"]


def test_events_that_know_the_future_are_named_by_themselves() -> None:
    def sampled_by_the_last(day: SymbolDay, quotes: Quotes) -> Sheet:
        return Sheet(quotes.ts_us[:: 5 + len(quotes.ts_us) % 3], {})

    leaks = find_leaks(sampled_by_the_last, DAY, QUOTES, QUOTES.ts_us[50:300:7].tolist())
    assert [leak.column for leak in leaks] == [EVENTS]


def one_beyond(day: SymbolDay, quotes: Quotes) -> Sheet:
    """It says that it is known ten minutes after its event, and reads the first quote behind that."""
    ts_us = quotes.ts_us[::EVERY]
    known_at_us = ts_us + 10 * MINUTE
    at = np.searchsorted(quotes.ts_us, known_at_us, side="right")
    return Sheet(ts_us, {"it": Known(quotes.bid[np.minimum(at, len(quotes.ts_us) - 1)], known_at_us)})


def test_one_quote_beyond_what_it_says_is_a_leak() -> None:
    clean = one_beyond(DAY, QUOTES)
    behind_events = find_leaks(one_beyond, DAY, QUOTES, clean.ts_us.tolist())
    assert behind_events == [], "no event lies between what it says and what it reads"
    (leak,) = find_leaks(one_beyond, DAY, QUOTES, poison_times(clean))
    assert leak.events == len(clean.ts_us)


def test_the_day_is_poisoned_behind_events_and_what_is_known_of_them() -> None:
    ts_us = np.arange(5_000)
    twice = Sheet(ts_us, {"it": Known(ts_us * 1.0, ts_us), "later": Known(ts_us * 1.0, ts_us + 10_000)})
    assert poison_times(twice, 3) == [0, 2499, 4999, 10_000, 12_499, 14_999]
    every = poison_times(twice)
    assert every[:5_000] == ts_us.tolist()
    assert len(every) < 5_000 + MOST_KNOWN, "a sample where there are many"
    assert every[-1] == 14_999


@pytest.mark.parametrize(
    "t", [DAY.start_us - 1, int(QUOTES.ts_us[0]), int(QUOTES.ts_us[200]), DAY.end_us - 1]
)
def test_poison_keeps_the_past_and_is_clean(t: int) -> None:
    for poisoned in poisons(DAY, QUOTES, t, seed=1):
        kept = QUOTES.ts_us <= t
        for ours, theirs in zip(QUOTES, poisoned, strict=True):
            assert ours[kept].tobytes() == theirs[: kept.sum()].tobytes()
        assert (np.diff(poisoned.ts_us) >= 0).all()
        assert (poisoned.ts_us < DAY.end_us).all()
        assert (poisoned.bid <= poisoned.ask).all()
        assert all(np.isfinite(column).all() for column in poisoned)
