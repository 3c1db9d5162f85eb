from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from serving.pipeline.sources.refreshed import Refreshed


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_nobody_waits_for_it_twice() -> None:
    numbers, may_go_on = count(), threading.Event()
    may_go_on.set()

    def ask() -> int:
        may_go_on.wait(5)
        return next(numbers)

    held = Refreshed(ask, every_s=0.01)
    assert (held.age_s, held.value) == (None, 0)
    may_go_on.clear()
    time.sleep(0.02)
    assert held.value == 0, "the old one, while a thread asks"
    assert held.now == 0
    may_go_on.set()
    wait_until(lambda: held.now == 1)
    assert held.age_s is not None


def test_of_many_who_ask_first_one_thread_asks() -> None:
    asked = count()

    def ask() -> int:
        time.sleep(0.05)
        return next(asked)

    held = Refreshed(ask, every_s=60)
    with ThreadPoolExecutor(8) as people:
        assert list(people.map(lambda _: held.value, range(8))) == [0] * 8
    assert next(asked) == 1


def test_an_error_of_the_first_time_is_told_and_a_later_one_keeps_the_value() -> None:
    answers = iter([ValueError("first"), 1, ValueError("later"), 2])

    def ask() -> int:
        answer = next(answers)
        if isinstance(answer, ValueError):
            raise answer
        return answer

    held = Refreshed(ask, every_s=0.0)
    with pytest.raises(ValueError, match="first"):
        held.value  # noqa: B018
    assert held.value == 1
    wait_until(lambda: held.now == 2)


def test_who_has_a_little_time_waits_so_long_for_the_first() -> None:
    may_go_on = threading.Event()
    held = Refreshed(lambda: may_go_on.wait(5), every_s=60)
    assert held.within(0.01) is None
    may_go_on.set()
    assert held.within(5) is True


def test_what_takes_long_is_asked_less_often() -> None:
    numbers = count()

    def ask() -> int:
        time.sleep(0.1)
        return next(numbers)

    held = Refreshed(ask, every_s=0.01)
    assert held.value == 0
    time.sleep(0.3)
    assert held.value == 0
    time.sleep(0.1)
    assert next(numbers) == 1, "nobody has asked a second time"
