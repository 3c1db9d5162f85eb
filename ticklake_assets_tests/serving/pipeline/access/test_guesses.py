from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from serving.pipeline.access.guesses import Busy, Guesses
from serving.pipeline.access.people import People, User

PASSWORD = "a long password of hers"


class _Slow(People):
    """Checks a password for as long as it is told to, and counts who do so at once."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.at_once, self.most, self.go_on, self._count = 0, 0, threading.Event(), threading.Lock()

    def verified(self, name: str, password: str) -> User | None:
        with self._count:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        self.go_on.wait(20)
        with self._count:
            self.at_once -= 1
        return None


def test_few_are_hashed_at_once_few_wait_and_others_are_told_to(tmp_path: Path) -> None:
    people, guesses = _Slow(tmp_path), Guesses(hashed=2, waiting=3)

    def guess(number: int) -> str:
        try:
            guesses.verified(people, f"10.0.0.{number}", "anna", "wrong")
        except Busy:
            return "busy"
        return "wrong"

    with ThreadPoolExecutor(12) as beside:
        tries = [beside.submit(guess, number) for number in range(12)]
        deadline = time.monotonic() + 10
        while sum(each.done() for each in tries) < 7 and time.monotonic() < deadline:
            time.sleep(0.01)
        people.go_on.set()
        said = [each.result() for each in tries]
    assert (said.count("busy"), said.count("wrong"), people.most) == (7, 5, 2)


def _tries(
    guesses: Guesses, people: People, address: Callable[[int], str], name: Callable[[int], str]
) -> int:
    """Wrong ones until there is a pause, at most 200."""
    for at in range(200):
        if guesses.waits(address(at), name(at)):
            return at
        guesses.verified(people, address(at), name(at), "wrong")
    return 200


class _Quick(People):
    def verified(self, name: str, password: str) -> User | None:
        return None


def test_wrong_ones_are_counted_by_address_by_name_and_all_together(tmp_path: Path) -> None:
    people = _Quick(tmp_path)
    assert _tries(Guesses(), people, lambda _: "10.0.0.1", lambda at: f"n{at}") == 10
    assert _tries(Guesses(), people, lambda at: f"10.0.0.{at}", lambda _: "anna") == 30
    assert 60 <= _tries(Guesses(), people, lambda at: f"10.0.0.{at}", lambda at: f"n{at}") <= 62


def test_a_network_of_ipv6_is_one_caller(tmp_path: Path) -> None:
    people = _Quick(tmp_path)
    assert _tries(Guesses(), people, lambda at: f"2001:db8::{at}:1", lambda at: f"n{at}") == 10
    assert _tries(Guesses(), people, lambda at: f"2001:db8:0:{at}::1", lambda at: f"n{at}") > 50


def test_a_right_one_does_not_count(tmp_path: Path) -> None:
    people, guesses = People(tmp_path), Guesses()
    people.add("anna", PASSWORD, ["see"])
    for _ in range(12):
        assert guesses.verified(people, "10.0.0.1", "anna", PASSWORD) is not None
    assert guesses.waits("10.0.0.1", "anna") == 0


@pytest.mark.parametrize("is_first", [True, False])
def test_an_unknown_name_is_hashed_for_like_a_known_one(tmp_path: Path, *, is_first: bool) -> None:
    """The shares of the processor, the least of some: the first of either kind has its hash of nobody to make."""
    people = People(tmp_path)
    people.add("anna", PASSWORD, ["see"])

    def cost(name: str, who: People) -> float:
        before = time.process_time()
        assert who.verified(name, "a wrong password") is None
        return time.process_time() - before

    def least(name: str) -> float:
        if is_first:
            return min(cost(name, People(tmp_path)) for _ in range(4))
        people.verified("anna", "a wrong password")
        return min(cost(name, people) for _ in range(4))

    known, unknown = least("anna"), least("nobody")
    assert 0.6 < unknown / known < 1.7, (known, unknown)
