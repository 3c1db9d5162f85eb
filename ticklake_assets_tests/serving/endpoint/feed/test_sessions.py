from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from serving.endpoint.sessions import Sessions

from mt5_bridge.contract import Tick
from serving.endpoint.counters import Counters
from serving.endpoint.model_store import ModelStore
from ticklake_assets.core.errors import TransientError
from ticklake_assets_tests.serving.recorded_day import DAY

_START, _RESUME = '{"type":"start","complete":true}', '{"type":"resume"}'


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[Sessions]:
    models = ModelStore(tmp_path / "models", tmp_path / "keys")
    with closing(Sessions(models, Counters(), tmp_path / "served")) as sessions:
        yield sessions


def test_a_session_outlives_its_client(sessions: Sessions) -> None:
    with sessions.claim(DAY) as session:
        session.answer(_START)
        session.answer(Tick(1, DAY.start_us, 1.1, 1.2, 1.0, 1.0).message())
    with sessions.claim(DAY) as session:
        assert session.answer(_RESUME) == b'{"type":"resumed","last_seq":1,"complete":true}'


def test_a_second_client_is_refused_and_the_first_keeps_the_day(sessions: Sessions) -> None:
    with sessions.claim(DAY) as first:
        first.answer(_START)
        with (
            pytest.raises(TransientError, match=r"SYNEUR\|2024-01-17 has a client already"),
            sessions.claim(DAY),
        ):
            pass
        with sessions.claim(DAY.shifted(1)):
            pass
        assert b'"complete":true' in first.answer(_RESUME)


def test_a_session_that_broke_in_the_middle_of_a_tick_is_forgotten(sessions: Sessions) -> None:
    def break_off() -> None:
        with sessions.claim(DAY) as session:
            session.answer(_START)
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        break_off()
    with sessions.claim(DAY) as session:
        assert b'"complete":false' in session.answer(_RESUME)


def test_only_so_many_idle_days_are_kept_the_newest(sessions: Sessions) -> None:
    for offset in range(70):
        with sessions.claim(DAY.shifted(offset)) as session:
            session.answer(_START)
    for offset, is_kept in ((0, False), (69, True)):
        with sessions.claim(DAY.shifted(offset)) as session:
            assert (b'"complete":true' in session.answer(_RESUME)) is is_kept
    sessions.close()
    with sessions.claim(DAY.shifted(68)) as session:
        assert b'"complete":false' in session.answer(_RESUME)
