from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.raw.planning import (
    LONGEST_RANGE,
    LONGEST_WAIT_S,
    MOST_ATTEMPTS,
    RETRIES_A_LOOK,
    Tries,
    plan_runs,
)

DAYS = [SymbolDay("EURUSD", date(2024, 1, 1) + timedelta(days=at)) for at in range(80)]


def contents(days: list[SymbolDay]) -> dict[SymbolDay, str]:
    return {day: f"digest of {day}" for day in days}


def never(_: str) -> Tries:
    return Tries()


def after(count: int, ended_s_ago: float = 0.0) -> Callable[[str], Tries]:
    """So many runs over each content."""
    return lambda _: Tries(count, count, ended_s_ago)


def counted(ran: Counter[str]) -> Callable[[str], Tries]:
    return lambda digest: Tries(ran[digest], ran[digest], 0.0)


def test_neighbouring_days_share_a_run_and_no_run_is_longer_than_a_month() -> None:
    launches, _ = plan_runs(contents(DAYS[:40]), {}, [], never, most=8)
    assert [len(launch.days) for launch in launches] == [LONGEST_RANGE, 9]


def test_a_refused_day_runs_alone_and_splits_the_range_around_it() -> None:
    bad = DAYS[2]
    launches, _ = plan_runs(contents([*DAYS[:2], *DAYS[3:5]]), contents([bad]), [], never, most=8)
    assert [launch.days for launch in launches] == [tuple(DAYS[:2]), tuple(DAYS[3:5]), (bad,)]


def test_a_refused_day_that_has_run_alone_is_given_up() -> None:
    launches, given_up = plan_runs({}, contents(DAYS[:1]), [], after(1), most=8)
    assert not launches
    assert [launch.days for launch in given_up] == [(DAYS[0],)]


def test_days_in_flight_are_left_alone() -> None:
    launches, _ = plan_runs(contents(DAYS[:5]), {}, DAYS[:3], never, most=8)
    assert [launch.days for launch in launches] == [tuple(DAYS[3:5])]


def test_no_more_runs_are_asked_for_than_allowed() -> None:
    launches, given_up = plan_runs(contents(DAYS[::2]), {}, [], never, most=8)
    assert [launch.days for launch in launches] == [(day,) for day in DAYS[:16:2]]
    assert not given_up


def test_the_same_content_is_tried_a_bounded_number_of_times_and_then_named() -> None:
    launches, given_up = plan_runs(contents(DAYS[:2]), {}, [], after(MOST_ATTEMPTS), most=8)
    assert not launches
    assert [launch.days for launch in given_up] == [(DAYS[0],), (DAYS[1],)]


def test_run_keys_name_the_content_and_the_attempt() -> None:
    first, again = (plan_runs(contents(DAYS[:2]), {}, [], after(n), most=8)[0][0] for n in (0, 1))
    other = plan_runs(dict.fromkeys(DAYS[:2], "corrected"), {}, [], never, most=8)[0][0]
    assert first.digest == again.digest
    assert len({first.run_key, again.run_key, other.run_key}) == 3


@given(st.sets(st.sampled_from(DAYS)), st.sets(st.sampled_from(DAYS)), st.sets(st.sampled_from(DAYS)))
def test_every_day_that_is_asked_for_is_launched_exactly_once(
    missing: set[SymbolDay], refused: set[SymbolDay], busy: set[SymbolDay]
) -> None:
    missing -= refused
    launches, _ = plan_runs(contents(sorted(missing)), contents(sorted(refused)), busy, never, most=1000)
    launched = [day for launch in launches for day in launch.days]
    assert sorted(launched) == sorted((missing | refused) - busy)
    assert all(len(launch.days) == 1 for launch in launches if set(launch.days) & refused)


@given(st.sets(st.sampled_from(DAYS), min_size=1), st.sets(st.sampled_from(DAYS), max_size=4))
def test_days_that_kill_their_runs_are_left_behind_alone(
    missing: set[SymbolDay], deadly: set[SymbolDay]
) -> None:
    """Nothing is refused here: the process dies, or an error that nobody foresaw ends the step."""
    left, ran = set(missing), Counter[str]()
    for _ in range(1000):
        launches, given_up = plan_runs(contents(sorted(left)), {}, [], counted(ran), most=8)
        if not launches:
            break
        for launch in launches:
            ran[launch.digest] += 1
            if not deadly & set(launch.days):
                left -= set(launch.days)
    assert left == missing & deadly
    assert sorted(day for launch in given_up for day in launch.days) == sorted(left)
    assert max(ran.values()) <= MOST_ATTEMPTS


def test_where_nothing_works_the_number_of_runs_is_bounded() -> None:
    month, ran = contents(DAYS[:LONGEST_RANGE]), Counter[str]()
    while launches := plan_runs(month, {}, [], counted(ran), most=8)[0]:
        ran.update(launch.digest for launch in launches)
    assert ran.total() == MOST_ATTEMPTS + 2 * (LONGEST_RANGE - 1)


@pytest.mark.parametrize(("failures", "wait_s"), [(3, 60), (4, 120), (6, 480), (9, 3_600), (2_000, 3_600)])
def test_a_day_that_was_not_refused_is_tried_again_with_longer_and_longer_waits(
    failures: int, wait_s: int
) -> None:
    day = contents(DAYS[:1])
    none, (waiting,) = plan_runs(day, {}, [], after(failures, wait_s - 1), most=8)
    assert not none
    assert (waiting.waits_s, waiting.is_given_up) == (1, False)
    (launch,), _ = plan_runs(day, {}, [], after(failures, wait_s), most=8)
    assert launch.attempt == failures + 1


def test_what_was_asked_for_again_starts_anew_and_keeps_counting() -> None:
    (launch,), _ = plan_runs(contents(DAYS[:1]), {}, [], lambda _: Tries(7, 0, 1.0), most=8)
    assert (launch.attempt, launch.is_retry) == (8, False)
    (refused,), _ = plan_runs({}, contents(DAYS[:1]), [], lambda _: Tries(1, 0, 1.0), most=8)
    assert refused.attempt == 2


def test_one_retry_a_look_finds_out_and_holds_up_nothing_new() -> None:
    failed = contents(DAYS[:9:2])
    digests = {plan_runs({day: each}, {}, [], never, most=8)[0][0].digest for day, each in failed.items()}
    fresh = contents(DAYS[20:60:2])
    tries = lambda digest: Tries(5, 5, 2 * LONGEST_WAIT_S) if digest in digests else Tries()  # noqa: E731
    launches, _ = plan_runs(failed | fresh, {}, [], tries, most=100)
    assert sum(launch.is_retry for launch in launches) == RETRIES_A_LOOK
    assert len(launches) == len(fresh) + RETRIES_A_LOOK
