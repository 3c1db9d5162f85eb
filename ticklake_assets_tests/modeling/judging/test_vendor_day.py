"""A streamed day against the vendor's: every quote is counted once, and every event that differs is explained."""

from __future__ import annotations

from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ticklake_assets.core import rule_kernel
from ticklake_assets.core.cleaning import RawColumns
from ticklake_assets.core.tables import DayFeatures, Quotes
from ticklake_assets.journal.whole_day import WholeDay
from ticklake_assets.modeling.judging.recompute import remake
from ticklake_assets.modeling.judging.vendor_day import VendorDay, compare_vendor
from ticklake_assets.sources.synthetic import Market, synthetic_day
from ticklake_assets_tests.serving.recorded_day import DAY

_ROWS = 400


@cache
def vendors() -> tuple[RawColumns, Quotes, DayFeatures]:
    """A clean day: raw ticks, kept quotes, gold."""
    table = synthetic_day(DAY, 5, 1.0, Market(ticks_a_day=_ROWS))
    ts_us = table["ts_event"].cast("int64").to_numpy()
    values = [table[name].to_numpy() for name in table.column_names[1:]]
    ticks = RawColumns(ts_us, *values, np.zeros(len(ts_us), np.uint8))
    made = remake(DAY, ticks)
    return ticks, made.kept, made.events


def served(ticks: RawColumns, ahead: list[int] | None = None) -> WholeDay:
    """As an endpoint would have taken them in."""
    mask = np.isin(np.arange(len(ticks.ts_us)), ahead or [])
    made, rows = remake(DAY, ticks, mask), np.arange(len(ticks.ts_us))
    events = made.event_rows, made.events.ts_us, made.events.features
    return WholeDay(ticks, made.codes, rows, rows, *events, [[] for _ in made.event_rows])


def compared(ticks: RawColumns, ahead: list[int] | None = None) -> VendorDay:
    _, quotes, gold = vendors()
    return compare_vendor(DAY, served(ticks, ahead), quotes, gold)


def test_the_same_ticks_are_equal_in_everything() -> None:
    ticks, quotes, gold = vendors()
    found = compared(ticks)
    assert found.matched == found.quotes == len(quotes.ts_us)
    assert found.equal_events == found.equal_in_time_order == len(gold.ts_us) > 20
    assert (found.not_kept, found.missing, found.only_live, found.listed) == ({}, 0, 0, ())
    assert found.is_explained


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, _ROWS // 2), st.integers(1, 40)), max_size=4),
    st.lists(st.integers(0, _ROWS // 2), max_size=3),
    st.lists(st.integers(0, _ROWS // 2), max_size=3),
)
def test_every_quote_is_counted_once_and_no_event_differs_before_the_first_that_does(
    late: list[tuple[int, int]], lost: list[int], own: list[int]
) -> None:
    ticks, _, gold = vendors()
    rows = [row for row in range(len(ticks.ts_us)) if row not in lost]
    for row, places in late:
        if row in rows:
            at = rows.index(row)
            rows.insert(at + places, rows.pop(at))
    streamed = ticks.at(np.array(rows))
    for row in own:
        bid = streamed.bid.copy()
        bid[row] -= 1e-5
        streamed = streamed._replace(bid=bid)
    found = compared(streamed)
    assert found.quotes == found.matched + found.missing + sum(found.not_kept.values())
    whole = served(streamed)
    kept = int(np.count_nonzero(whole.codes == rule_kernel.KEPT))
    assert kept == found.matched + found.only_live
    assert found.is_explained
    if not lost and not own:
        assert found.equal_in_time_order == len(gold.ts_us)
        assert set(found.not_kept) <= {"late"}


def test_what_came_before_its_time_is_listed_as_such() -> None:
    ticks, _, gold = vendors()
    found = compared(ticks, ahead=[100, 101])
    assert found.not_kept == {"future": 2}
    assert [text.rpartition(": ")[2] for text in found.listed] == ["future", "future"]
    assert found.equal_in_time_order == len(gold.ts_us)


def test_gold_that_is_not_of_its_quotes_explains_nothing() -> None:
    ticks, quotes, gold = vendors()
    features = gold.features.copy()
    features[3, 2] = np.nextafter(features[3, 2], np.inf)
    found = compare_vendor(DAY, served(ticks), quotes, gold._replace(features=features))
    assert (found.other_events, found.unexplained, found.gold_is_of_its_quotes) == (1, 1, False)
    assert not found.is_explained
