from __future__ import annotations

import pytest

from serving.endpoint.watch.feed import Feed

S = 1_000_000


@pytest.mark.parametrize(
    ("late", "breaks"),
    [(0, False), (9 * S, False), (10 * S, True), (3600 * S, True), (-S, False), (-2 * S, True)],
)
def test_a_live_tick_is_held_to_its_own_time(late: int, breaks: bool) -> None:  # noqa: FBT001
    feed = Feed()
    assert not feed.tick(0, 100, 0.1)
    assert feed.is_live
    assert feed.tick(S, S + late, 0.1) is breaks
    assert (feed.late_us, feed.early_us) == (max(late, 100), max(-late, 0))


def test_a_replay_of_old_ticks_has_no_clock_to_compare_with() -> None:
    feed = Feed()
    assert not any(feed.tick(k * S, 10**15 + k, 0.1) for k in range(50))
    assert not feed.is_live
    assert (feed.late_us, feed.early_us) == (0, 0)


def test_a_back_fill_becomes_live_where_it_reaches_the_present() -> None:
    feed, now = Feed(), 3600 * S
    assert not any(feed.tick(k * 60 * S, now, 0.1) for k in range(60))
    assert not feed.is_live
    assert not feed.tick(now, now, 0.1)
    assert feed.is_live
    assert feed.tick(now + S, now + 61 * S, 0.1)


def test_a_gap_is_seen_live_and_in_a_replay_and_the_first_tick_has_none() -> None:
    for received in (0, 10**15):
        feed = Feed()
        assert not feed.tick(10**13, 10**13 + received, 0.1)
        assert not feed.tick(10**13 + 299 * S, 10**13 + 299 * S + received, 0.1)
        assert feed.tick(10**13 + 599 * S, 10**13 + 599 * S + received, 0.1)
        assert feed.gap_us == 300 * S


def test_a_minute_s_sums_begin_anew() -> None:
    feed = Feed()
    feed.tick(0, 5, 0.1)
    feed.tick(S, S + 7, 0.3)
    assert (feed.ticks, feed.spread, feed.gap_us, feed.late_us) == (2, pytest.approx(0.4), S, 7)
    feed.begin_minute()
    assert (feed.ticks, feed.spread, feed.gap_us, feed.late_us) == (0, 0.0, 0, 0)
    assert feed.last_ts_us == S
