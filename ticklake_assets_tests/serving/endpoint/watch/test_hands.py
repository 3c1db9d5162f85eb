from __future__ import annotations

from pathlib import Path

from serving.endpoint.watch.breaker import Hand
from serving.endpoint.watch.hands import MOST, Hands, _Log


def test_what_people_did_is_on_disk_with_its_time_and_reason(tmp_path: Path) -> None:
    hands = Hands(tmp_path / "EURUSD" / "breaker.json")
    assert hands.last_us == -1
    hands.add(opens=True, reason="news", now_us=100)
    hands.add(opens=False, reason="over", now_us=200)
    again = Hands(tmp_path / "EURUSD" / "breaker.json")
    assert [(each.at_us, each.opens, each.reason) for each in again.between(-1, 1000)] == [
        (100, True, "news"),
        (200, False, "over"),
    ]
    assert [each.at_us for each in again.between(100, 200)] == [200]
    assert again.between(-1, 99) == ()


def test_times_increase_whatever_the_clock_does(tmp_path: Path) -> None:
    hands = Hands(tmp_path / "breaker.json")
    assert [hands.add(opens=True, reason="x", now_us=now).at_us for now in (100, 100, 50)] == [100, 101, 102]


def test_the_oldest_are_forgotten(tmp_path: Path) -> None:
    kept = tuple(Hand(at_us=now, opens=True, reason="x") for now in range(MOST))
    (tmp_path / "breaker.json").write_bytes(_Log(hands=kept).canonical())
    hands = Hands(tmp_path / "breaker.json")
    for now in range(MOST, MOST + 3):
        hands.add(opens=False, reason="x", now_us=now)
    assert len(hands.between(-1, 10**9)) == MOST
    assert (hands.between(-1, 10**9)[0].at_us, hands.last_us) == (3, MOST + 2)
