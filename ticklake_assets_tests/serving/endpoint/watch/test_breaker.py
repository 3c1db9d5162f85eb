from __future__ import annotations

from math import nan

import pytest

from serving.endpoint.watch.breaker import Breaker, Hand
from serving.endpoint.watch.limits import CALM_US, LIMITS, Limit

LIMIT = Limit("x", 10.0, 5.0, "s", "")
OTHER = Limit("y", 1.0, 0.5, "s", "")


def seen(breaker: Breaker, *values: tuple[float, float], limit: Limit = LIMIT) -> list[bool]:
    """Whether it is open after each (minute, value)."""
    found = []
    for minute, value in values:
        breaker.see(limit, value, round(minute * 60e6))
        found.append(breaker.is_open)
    return found


def test_it_opens_at_the_limit_and_closes_after_five_calm_minutes_below_the_lower_one() -> None:
    breaker = Breaker()
    assert seen(breaker, (0, 9.9), (1, 10.0), (2, 6.0), (3, 4.9)) == [False, True, True, True]
    assert seen(breaker, (6.9, 0.0), (7, 0.0)) == [True, False]
    assert seen(breaker, (8, 9.0)) == [False]


def test_a_value_between_the_limits_neither_opens_nor_lets_it_close() -> None:
    breaker = Breaker()
    assert seen(breaker, (0, 7.0)) == [False]
    assert all(seen(breaker, (1, 11.0), *((minute, 5.0) for minute in range(2, 60))))
    (trouble,) = breaker.troubles.values()
    assert (trouble.since_us, trouble.worst) == (60_000_000, 11.0)


def test_it_is_open_until_the_last_reason_is_over() -> None:
    breaker = Breaker()
    seen(breaker, (0, 10.0))
    seen(breaker, (3, 1.0), limit=OTHER)
    assert seen(breaker, (5, 0.0)) == [True]
    assert seen(breaker, (8, 0.0), limit=OTHER) == [False]


def test_a_window_that_says_nothing_opens_nothing() -> None:
    assert seen(Breaker(), (0, nan), (9, nan)) == [False, False]


def test_what_a_hand_opened_only_a_hand_closes() -> None:
    breaker = Breaker()
    breaker.take(Hand(at_us=5, opens=True, reason="news"))
    assert seen(breaker, (1, 0.0), (600, 0.0)) == [True, True]
    breaker.take(Hand(at_us=6, opens=False, reason="over"))
    assert not breaker.is_open


def test_a_hand_that_closes_mutes_what_is_wrong_now_until_it_was_over() -> None:
    """Otherwise the next minute would open it again."""
    breaker = Breaker()
    seen(breaker, (0, 10.0))
    breaker.take(Hand(at_us=5, opens=False, reason="known"))
    assert seen(breaker, (1, 20.0)) == [False]
    assert seen(breaker, (2, 1.0), limit=OTHER) == [True]
    assert seen(breaker, (8, 0.0), limit=OTHER) == [False]
    assert seen(breaker, (9, 0.0), (10, 10.0)) == [False, True]


def test_it_goes_on_from_what_it_was() -> None:
    one = Breaker()
    seen(one, (0, 10.0))
    two = Breaker(tuple(one.troubles.values()), one.hand)
    assert two.is_open
    assert seen(two, (4.9, 0.0), (5, 0.0)) == [True, False]


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.reason)
def test_every_limit_has_hysteresis(limit: Limit) -> None:
    assert 0 < limit.closes < limit.opens
    assert CALM_US > 0
