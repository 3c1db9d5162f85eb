from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.endpoint.watch.feed import Feed

S = 1_000_000


@pytest.mark.parametrize(
    ("late", "breaks"),
    [(0, False), (9 * S, False), (10 * S, True), (3600 * S, True), (-S, False), (-2 * S, True)],
)
def test_a_live_message_is_held_to_its_newest_tick_s_time(late: int, breaks: bool) -> None:  # noqa: FBT001
    feed = Feed()
    assert not feed.heard(0, 100)
    assert feed.is_live
    assert feed.heard(S, S + late) is breaks
    assert (feed.late_us, feed.early_us) == (max(late, 100), max(-late, 0))


def test_a_replay_of_old_ticks_has_no_clock_to_compare_with() -> None:
    feed = Feed()
    assert not any(feed.heard(k * S, 10**15 + k) for k in range(50))
    assert not feed.is_live
    assert (feed.late_us, feed.early_us) == (0, 0)


def test_a_back_fill_becomes_live_where_it_reaches_the_present() -> None:
    feed, now = Feed(), 3600 * S
    assert not any(feed.heard(k * 60 * S, now) for k in range(60))
    assert not feed.is_live
    assert not feed.heard(now, now)
    assert feed.is_live
    assert feed.heard(now + S, now + 61 * S)


def test_a_gap_is_seen_and_the_first_tick_has_none() -> None:
    feed = Feed()
    assert not feed.tick(10**13, 0.1)
    assert not feed.tick(10**13 + 299 * S, 0.1)
    assert feed.tick(10**13 + 599 * S, 0.1)
    assert feed.gap_us == 300 * S


def test_a_minute_s_sums_begin_anew() -> None:
    feed = Feed()
    feed.heard(0, 7)
    feed.tick(0, 0.1)
    feed.tick(S, 0.3)
    assert (feed.ticks, feed.spread, feed.gap_us, feed.late_us) == (2, pytest.approx(0.4), S, 7)
    feed.begin_minute()
    assert (feed.ticks, feed.spread, feed.gap_us, feed.late_us) == (0, 0.0, 0, 0)
    assert feed.last_ts_us == S


@given(st.lists(st.tuples(st.integers(0, 301), st.floats(0, 1)), min_size=1, max_size=40), st.booleans())
def test_columns_leave_what_single_ticks_leave(ticks: list[tuple[int, float]], begun: bool) -> None:  # noqa: FBT001
    one, many = Feed(), Feed()
    if begun:
        one.tick(5, 0.7)
        many.tick(5, 0.7)
    ts_us = 10 + S * np.cumsum([gap for gap, _ in ticks])
    spread = np.array([each for _, each in ticks])
    before = dict(vars(many))
    taken = many.columns(ts_us, spread)
    broken = [one.tick(*each) for each in zip(ts_us.tolist(), spread.tolist(), strict=True)]
    assert taken is not any(broken)
    assert vars(many) == (vars(one) if taken else before)
