"""Laws 3, 4 and 5: no look-ahead, one kernel for any chunking, labels that are orders' outcomes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ticklake_assets.core.features import (
    BUILT_IN,
    FEATURES,
    advance,
    empty_events,
    features_of_day,
    new_state,
)
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.label_table import ADDED_LABELS, outcome_of
from ticklake_assets.core.labels import DayLabels, day_end_us, label_day
from ticklake_assets.core.schemas import names
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures, Floats, Ints, OrderOutcomes, Quotes
from ticklake_assets_tests.core.quote_builders import DAY, quotes_of, random_quotes
from ticklake_assets_tests.oracles.order_walker import WalkedOrder

EURUSD = instrument_of("EURUSD")
QUOTES = random_quotes(12_000, gap_ms=5000)
EVENTS = features_of_day(DAY, QUOTES)
LABELS = label_day(DAY, QUOTES, EVENTS, EURUSD)
ADDED_KNOWN = [outcome_of(each, DAY, QUOTES, EVENTS, EURUSD).known_at_us for each in ADDED_LABELS]
KNOWN_US = np.unique([LABELS.known_at_us, *ADDED_KNOWN])
GARBAGE = (np.nan, np.inf, -np.inf, 0.0, -1.0, 1e-300, 1e300, 0.5, 1.1, 2.0)
POISON = settings(max_examples=60, suppress_health_check=[HealthCheck.large_base_example])
ADDED = set(names(FEATURES)) - set(names(BUILT_IN))
"""Features of core/added: judged as the others are, but one of them may look at the date, say."""
OUTCOMES = ("no entry", "target", "stop", "time", "day end")


@st.composite
def poisoned(draw: st.DrawFn) -> tuple[int, Quotes]:
    """A time t, and the day with garbage for every quote after t: other prices, sizes, times and number.

    t is a quote's, or one by which a label is known: what reads one quote beyond that shows nowhere else.
    """
    t = int(draw(st.sampled_from(QUOTES.ts_us) | st.sampled_from(KNOWN_US)))
    kept = int(np.searchsorted(QUOTES.ts_us, t, side="right"))
    gaps = draw(st.lists(st.integers(1, 400_000_000), max_size=60))
    later = t + np.cumsum(np.array(gaps, dtype=np.int64))
    later = later[later < DAY.end_us]  # a label may be known by the day's last microsecond
    count = len(later)
    junk = [draw(st.lists(st.sampled_from(GARBAGE), min_size=count, max_size=count)) for _ in range(4)]
    columns = [np.concatenate([old[:kept], new]) for old, new in zip(QUOTES[1:], junk, strict=True)]
    return t, Quotes(np.concatenate([QUOTES.ts_us[:kept], later]), *columns)


def same_bits(left: Floats | Ints, right: Floats | Ints) -> bool:
    return left.shape == right.shape and left.dtype == right.dtype and left.tobytes() == right.tobytes()


def features_that_differ(one: DayFeatures, other: DayFeatures) -> list[str]:
    pairs = zip(names(FEATURES), one.features.T, other.features.T, strict=True)
    return [name for name, left, right in pairs if not same_bits(left, right)]


def labels_known_by(t: int, quotes: Quotes) -> list[Floats | Ints]:
    """Every array of the labels, the added ones included, in the rows that are known by t."""
    with np.errstate(all="ignore"):  # garbage is infinite
        events = features_of_day(DAY, quotes)
        labels = label_day(DAY, quotes, events, EURUSD)
        added = [outcome_of(each, DAY, quotes, events, EURUSD) for each in ADDED_LABELS]
    orders = [column[labels.known_at_us <= t] for column in _columns(labels)]
    return orders + [column[known.known_at_us <= t] for known in added for column in known]


def assert_is_the_whole(parts: list[DayFeatures]) -> None:
    joined = DayFeatures(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    assert same_bits(joined.ts_us, EVENTS.ts_us)
    assert same_bits(joined.context, EVENTS.context)
    assert features_that_differ(joined, EVENTS) == []


@given(poisoned())
@POISON
def test_features_up_to_t_ignore_every_quote_after_t(case: tuple[int, Quotes]) -> None:
    t, quotes = case
    poisoned_events = features_of_day(DAY, quotes)
    clean, dirty = (found.head(int((found.ts_us <= t).sum())) for found in (EVENTS, poisoned_events))
    assert same_bits(clean.ts_us, dirty.ts_us)
    assert same_bits(clean.context, dirty.context)
    assert features_that_differ(clean, dirty) == []


@given(poisoned())
@POISON
def test_labels_known_at_t_ignore_every_quote_after_t(case: tuple[int, Quotes]) -> None:
    t, quotes = case
    for left, right in zip(labels_known_by(t, QUOTES), labels_known_by(t, quotes), strict=True):
        assert same_bits(left, right)


def test_the_poison_tests_see_many_events_of_every_outcome() -> None:
    assert len(EVENTS.ts_us) > 100
    assert set(LABELS.long.outcome.tolist()) >= {1, 2, 3, 4}
    assert LABELS.known_at_us.max() < DAY.end_us
    assert (LABELS.known_at_us >= EVENTS.ts_us).all()


@given(cuts=st.lists(st.integers(0, len(QUOTES.ts_us)), max_size=12), restart=st.booleans())
@settings(max_examples=60)
def test_any_chunking_and_any_restart_gives_the_same_bits(*, cuts: list[int], restart: bool) -> None:
    state = new_state()
    parts = []
    edges = [0, *sorted(cuts), len(QUOTES.ts_us)]
    for start, end in pairwise(edges):
        parts.append(_advance(state, QUOTES, start, end))
        if restart:
            state = np.frombuffer(state.tobytes()).copy()
    assert_is_the_whole(parts)


def test_quote_by_quote_gives_the_same_bits() -> None:
    state = new_state()
    assert_is_the_whole([_advance(state, QUOTES, i, i + 1) for i in range(len(QUOTES.ts_us))])


def test_days_are_independent() -> None:
    """A partition needs nothing but itself: the next day starts from a new state."""
    tomorrow = DAY.shifted(1)
    later = QUOTES._replace(ts_us=QUOTES.ts_us + (tomorrow.start_us - DAY.start_us))
    shifted = features_of_day(tomorrow, later)
    assert same_bits(shifted.context, EVENTS.context)
    assert set(features_that_differ(shifted, EVENTS)) - ADDED == {"weekday"}


@st.composite
def adversarial_days(draw: st.DrawFn) -> tuple[SymbolDay, Quotes, DayFeatures, int, int]:
    """Few quotes on a coarse grid: equal prices, same-time quotes, gaps and the day's end are common."""
    day = SymbolDay("EURUSD", draw(st.sampled_from([date(2024, 1, 17), date(2024, 1, 19)])))
    close = day_end_us(day, EURUSD)
    start = draw(st.sampled_from([day.start_us, close - 3_600_000_000, close - 400_000, close - 1, close]))
    gap = st.sampled_from(
        [0, 1, 999, 100_000, 199_999, 200_000, 200_001, 60_000_000, 899_800_000, 1_800_000_000]
    )
    steps = draw(st.lists(st.tuples(gap, st.integers(-8, 8), st.integers(0, 12)), min_size=1, max_size=25))
    rows, time_us, bid = [], start, 110_000
    for step_us, move, spread in steps:
        time_us, bid = time_us + step_us, bid + move
        if time_us < day.end_us:
            rows.append((time_us, bid / 1e5, (bid + spread) / 1e5, 1.0, 1.0))
    times = sorted({row[0] for row in rows})
    at = sorted(draw(st.sets(st.sampled_from(range(len(times))), max_size=6))) if times else []
    first = {row[0]: row for row in reversed(rows)}
    context = [
        (*first[times[i]][1:3], 0.0, draw(st.integers(0, 40)) / 1e6, draw(st.integers(0, 40)) / 1e6)
        for i in at
    ]
    events = DayFeatures(
        np.array([times[i] for i in at], dtype=np.int64),
        np.array(context).reshape(-1, 5),
        np.empty((len(at), 0)),
    )
    return day, quotes_of(rows), events, draw(st.sampled_from([0, 200])), draw(st.sampled_from([0, 15]))


@given(adversarial_days())
@settings(max_examples=400)
def test_labels_are_what_an_independent_order_walker_finds(
    case: tuple[SymbolDay, Quotes, DayFeatures, int, int],
) -> None:
    day, quotes, events, latency_ms, stops_level = case
    rules = replace(EURUSD.charging(latency_ms=(latency_ms,)), stops_level_points=stops_level)
    _assert_as_walked(day, quotes, events, label_day(day, quotes, events, rules), latency_ms)


@pytest.mark.parametrize("seed", [1, 2])
def test_labels_of_whole_days_are_what_the_walker_finds(seed: int) -> None:
    quotes = random_quotes(4000, seed=seed, gap_ms=15_000)
    events = features_of_day(DAY, quotes)
    sample = DayFeatures(*(column[::5] for column in events))
    labels = label_day(DAY, quotes, sample, EURUSD.charging(latency_ms=(200,)))
    assert len(sample.ts_us) > 20
    _assert_as_walked(DAY, quotes, sample, labels, 200)


def _assert_as_walked(
    day: SymbolDay, quotes: Quotes, events: DayFeatures, labels: DayLabels, latency_ms: int
) -> None:
    close = day_end_us(day, EURUSD)
    for i, event_us in enumerate(events.ts_us.tolist()):
        bid, ask = events.context[i, :2].tolist()
        walked = {
            is_long: WalkedOrder(
                is_long,
                event_us,
                bid,
                ask,
                float(labels.width[i]),
                int(labels.horizon_us[i]),
                latency_ms * 1000,
                close,
                day.end_us - 1,
            ).walk(quotes)
            for is_long in (True, False)
        }
        for is_long, found in ((True, labels.long), (False, labels.short)):
            order = walked[is_long]
            assert OUTCOMES[found.outcome[i]] == order.outcome
            assert (found.entry_us[i], found.exit_us[i]) == (order.entry_us, order.exit_us)
            net = Decimal(0)
            if order.entry is not None and order.exit is not None:
                assert (found.entry[i], found.exit[i]) == (float(order.entry), float(order.exit))
                move = order.exit - order.entry if is_long else order.entry - order.exit
                net = move - _charges(order, order.entry, order.exit)
            else:
                assert np.isnan(found.entry[i])
                assert np.isnan(found.exit[i])
            assert found.net[i] == pytest.approx(float(net), abs=1e-12)
        assert labels.known_at_us[i] == max(order.known_at_us for order in walked.values())
        wins = [_wins(walked[False], labels.short.net[i]), _wins(walked[True], labels.long.net[i])]
        assert labels.outcome[i] == (0 if wins[0] else 2 if wins[1] else 1)
        assert not all(wins)


def _charges(order: WalkedOrder, entry: Decimal, exit_: Decimal) -> Decimal:
    """By the words of docs/costs.md: the vendor's USD 35 a million a side, slippage threefold from 21 to 23 h, swap."""
    swap = Decimal("0.77") if order.is_long else Decimal("-0.18")
    slips = sum(3 if us // 3_600_000_000 % 24 in (21, 22) else 1 for us in (order.entry_us, order.exit_us))
    pips = slips * Decimal("0.1") + order.nights() * swap
    return pips * Decimal("0.0001") + (entry + exit_) * 35 / 1_000_000


def _wins(order: WalkedOrder, net: float) -> bool:
    return order.outcome == "target" and net > 0


def _columns(labels: DayLabels) -> list[Floats | Ints]:
    """Every array of the labels, the orders' included."""
    nested = (column if isinstance(column, OrderOutcomes) else (column,) for column in labels)
    return [array for columns in nested for array in columns]


def _advance(state: Floats, quotes: Quotes, start: int, end: int) -> DayFeatures:
    found = empty_events(end - start)
    count = advance(state, DAY.start_us, *(column[start:end] for column in quotes), *found)
    return found.head(count)


def test_the_calendar_of_the_walker_s_days_is_the_instrument_s() -> None:
    """The adversarial days end at 22:00 UTC on Friday and at midnight on Wednesday."""
    assert EURUSD.calendar == "fx"
    assert (
        day_end_us(SymbolDay("EURUSD", date(2024, 1, 19)), EURUSD) % 86_400_000_000
        == (22 * 60 - 1) * 60_000_000
    )
