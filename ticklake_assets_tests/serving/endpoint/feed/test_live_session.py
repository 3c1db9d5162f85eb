from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
from serving.endpoint.live_day import LiveDay
from serving.endpoint.live_session import LiveSession
from serving.endpoint.served_journal import read_served

from mt5_bridge.contract import Tick
from serving.endpoint.counters import Counters
from serving.endpoint.model_store import ModelStore
from ticklake_assets.core.errors import DataError
from ticklake_assets_tests.serving.recorded_day import DAY

_START, _RESUME = '{"type":"start","complete":true}', '{"type":"resume"}'


class _Talk:
    """A session and what is said to it."""

    def __init__(self, folder: Path) -> None:
        self.counters = Counters()
        models = ModelStore(folder / "models", folder / "keys")
        self.session = LiveSession(
            lambda complete: LiveDay(DAY, models, self.counters, folder, complete=complete)
        )

    def say(self, text: str) -> dict[str, Any]:
        answer: dict[str, Any] = orjson.loads(self.session.answer(text))
        return answer

    def tick(self, seq: int, bid: float = 1.1) -> dict[str, Any]:
        return self.say(Tick(seq, DAY.start_us + seq * 1000, bid, bid + 1e-4, 1.0, 1.0).message())

    @property
    def stands(self) -> tuple[int | None, bool]:
        answer = self.say(_RESUME)
        return answer["last_seq"], answer["complete"]


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[_Talk]:
    talk = _Talk(tmp_path)
    with closing(talk.session):
        yield talk


def test_a_started_day_is_complete_while_no_tick_is_missing(talk: _Talk) -> None:
    assert talk.say(_START) == {"type": "started", "last_seq": None, "complete": True}
    for seq in (1, 2, 3):
        assert talk.tick(seq)["status"] == "clean"
    assert talk.stands == (3, True)


def test_a_day_that_is_joined_midway_is_incomplete(talk: _Talk) -> None:
    talk.tick(500)
    assert talk.stands == (500, False)


def test_asking_where_nothing_began_changes_nothing(talk: _Talk, tmp_path: Path) -> None:
    assert talk.say(_RESUME) == {"type": "resumed", "last_seq": None, "complete": False}
    assert not list(tmp_path.glob("**/*.jsonl"))


def test_a_start_that_says_so_is_incomplete(talk: _Talk) -> None:
    assert talk.say('{"type":"start","complete":false}')["complete"] is False


def test_a_gap_makes_the_day_incomplete_until_it_is_replayed(talk: _Talk, tmp_path: Path) -> None:
    talk.say(_START)
    talk.tick(1)
    talk.tick(3)
    assert talk.stands == (3, False)
    assert not read_served(tmp_path, DAY).complete
    talk.say(_START)
    for seq in (1, 2, 3):
        talk.tick(seq)
    assert talk.stands == (3, True)
    assert read_served(tmp_path, DAY).complete


def test_a_tick_sent_again_gets_its_answer_again_and_counts_once(talk: _Talk) -> None:
    talk.say(_START)
    first = talk.tick(1)
    assert talk.tick(1) == first
    assert talk.counters.ticks == 1
    assert talk.tick(2)["status"] == "clean"


def test_another_tick_under_an_old_number_is_refused_and_changes_nothing(talk: _Talk) -> None:
    talk.say(_START)
    talk.tick(1)
    talk.tick(2)
    for seq, bid in ((2, 1.2), (1, 1.1)):
        with pytest.raises(DataError, match=f"Field 'seq': Expected 3, the next tick, was {seq}"):
            talk.tick(seq, bid)
    assert talk.counters.ticks == 2
    assert talk.stands == (2, True)


def test_a_malformed_tick_changes_nothing(talk: _Talk) -> None:
    talk.say(_START)
    talk.tick(1)
    with pytest.raises(DataError, match="Field 'bid'"):
        talk.say('{"seq":2,"ts_us":1,"bid":"x","ask":1,"bid_size":1,"ask_size":1}')
    assert talk.stands == (1, True)
    assert talk.tick(2)["status"] == "clean"


def test_starting_anew_forgets_the_ticks_before(talk: _Talk) -> None:
    talk.say(_START)
    talk.tick(9)
    talk.say(_START)
    assert talk.tick(1)["status"] == "clean", "late against a forgotten tick"
