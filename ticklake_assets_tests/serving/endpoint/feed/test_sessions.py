from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from serving.endpoint.feed.sessions import Sessions
from ticklake_assets.core.errors import DataError, TransientError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.journal.folders import is_sealed, newest
from ticklake_assets_tests.serving.endpoint.desk import RESUME, START, open_desk, say, tick_at
from ticklake_assets_tests.serving.recorded_day import DAY


@pytest.fixture
def sessions(tmp_path: Path) -> Iterator[Sessions]:
    with open_desk(tmp_path) as desk, closing(Sessions(desk)) as sessions:
        yield sessions


def _seal_over(sessions: Sessions) -> None:
    sessions.seal_over(sessions.desk.journals.over())


def test_a_session_outlives_its_client(sessions: Sessions) -> None:
    with sessions.claim(DAY) as session:
        say(session, START)
        say(session, tick_at(1, DAY.start_us))
    with sessions.claim(DAY) as session:
        assert say(session, RESUME)["last_seq"] == 1


def test_a_second_client_is_refused_and_the_first_keeps_the_day(sessions: Sessions) -> None:
    with sessions.claim(DAY) as first:
        say(first, START)
        with (
            pytest.raises(TransientError, match=r"SYNEUR\|2024-01-17 has a client already"),
            sessions.claim(DAY),
        ):
            pass
        with sessions.claim(DAY.shifted(1)):
            pass
        assert say(first, RESUME)["complete"] is True


def test_a_day_that_has_turned_is_found_under_both_names_and_has_one_client(sessions: Sessions) -> None:
    with sessions.claim(DAY) as session:
        say(session, START)
        say(session, tick_at(1, DAY.end_us))
        for day in (DAY, DAY.shifted(1)):
            with pytest.raises(TransientError, match="has a client already"), sessions.claim(day):
                pass
    for day in (DAY, DAY.shifted(1)):
        with sessions.claim(day) as session:
            assert session.day == DAY.shifted(1)
            assert say(session, RESUME)["last_seq"] == 1


def test_a_session_that_broke_off_comes_back_from_its_journal(sessions: Sessions) -> None:
    def break_off() -> None:
        with sessions.claim(DAY) as session:
            say(session, START)
            say(session, tick_at(1, DAY.start_us))
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        break_off()
    with sessions.claim(DAY) as session:
        told = say(session, RESUME)
        assert (told["last_seq"], told["complete"]) == (1, True)


def test_only_so_many_idle_days_are_kept_in_memory_and_all_of_them_on_disk(sessions: Sessions) -> None:
    for offset in range(70):
        with sessions.claim(DAY.shifted(offset)) as session:
            say(session, START)
    assert len(sessions._idle) == 64
    for offset in (0, 69):
        with sessions.claim(DAY.shifted(offset)) as session:
            assert say(session, RESUME)["complete"] is True


def test_the_feed_that_a_tick_goes_on_with_is_the_newest_open_one(sessions: Sessions) -> None:
    with sessions.claim(DAY) as session:
        say(session, START)
    assert sessions.current("SYNEUR", DAY.shifted(2)) == DAY
    assert sessions.current("SYNEUR", DAY.shifted(9)) == DAY.shifted(9)
    yen = SymbolDay("SYNJPY", DAY.trading_day)
    assert sessions.current("SYNJPY", yen) == yen
    assert sessions.current("SYNEUR", DAY.shifted(-1)) == DAY.shifted(-1)


def test_a_day_that_is_over_and_rests_is_sealed(sessions: Sessions) -> None:
    with sessions.claim(DAY) as session:
        say(session, START)
    _seal_over(sessions)
    path = newest(sessions.desk.journals.root, DAY)
    assert path is not None
    assert path.stat().st_mode & 0o200, "its client may come back"
    an_hour_ago = path.stat().st_mtime - 3700
    os.utime(path, (an_hour_ago, an_hour_ago))
    with sessions.claim(DAY):
        _seal_over(sessions)
    assert path.stat().st_mode & 0o200, "its client is there"
    _seal_over(sessions)
    assert not path.stat().st_mode & 0o200


def test_a_day_that_a_client_reached_by_turning_is_not_sealed_under_it(sessions: Sessions) -> None:
    later = DAY.shifted(1)
    with sessions.claim(DAY) as session:
        say(session, START)
        say(session, tick_at(1, DAY.end_us))
        path = _rested(sessions, later)
        _seal_over(sessions)
        assert not is_sealed(path)
        assert later in sessions
        assert DAY not in sessions
    _seal_over(sessions)
    assert is_sealed(path)


def test_a_day_under_an_old_name_is_not_begun_anew(sessions: Sessions) -> None:
    with sessions.claim(DAY) as session:
        say(session, START)
        say(session, tick_at(1, DAY.end_us))
    with (
        pytest.raises(DataError, match=r"SYNEUR\|2024-01-17 is over.*turned to SYNEUR\|2024-01-18"),
        sessions.claim(DAY) as session,
    ):
        say(session, START)
    with sessions.claim(DAY.shifted(1)) as session:
        assert say(session, RESUME)["last_seq"] == 1
        say(session, START)


def test_a_seal_that_a_kill_cut_short_is_a_seal(sessions: Sessions) -> None:
    with sessions.claim(DAY) as session:
        say(session, START)
        say(session, tick_at(1, DAY.end_us))
    path = newest(sessions.desk.journals.root, DAY)
    assert path is not None
    path.chmod(0o600)
    before = path.read_bytes()
    with sessions.claim(DAY) as session:
        assert session.day == DAY.shifted(1)
    _rested(sessions, DAY)
    _seal_over(sessions)
    assert path.stat().st_mode & 0o777 == 0o400
    assert path.read_bytes() == before


def test_a_copy_beside_the_journals_is_no_journal(sessions: Sessions) -> None:
    with sessions.claim(DAY) as session:
        say(session, START)
    path = _rested(sessions, DAY)
    shutil.copytree(path.parent, path.parent.with_name("2024-01-17-copy"))
    shutil.copy(path, path.with_name("copy of 0001.journal"))
    assert sessions.current("SYNEUR", DAY.shifted(1)) == DAY
    assert list(sessions.desk.journals.outdated()) == []
    _seal_over(sessions)
    assert is_sealed(path)
    with sessions.claim(DAY) as session:
        say(session, START)


def test_a_changed_day_keeps_no_other_from_being_sealed(sessions: Sessions) -> None:
    for day in (DAY, DAY.shifted(1)):
        with sessions.claim(day) as session:
            say(session, START)
    first, second = _rested(sessions, DAY), _rested(sessions, DAY.shifted(1))
    first.write_bytes(b"no journal")
    _rested(sessions, DAY)
    _seal_over(sessions)
    assert (is_sealed(first), is_sealed(second)) == (False, True)


def test_the_journal_of_another_symbol_is_not_gone_on_with(sessions: Sessions) -> None:
    yen = SymbolDay("SYNJPY", DAY.trading_day)
    for day in (DAY, yen):
        with sessions.claim(day) as session:
            say(session, START)
            say(session, tick_at(1, DAY.start_us))
    root = sessions.desk.journals.root
    ours, theirs = newest(root, DAY), newest(root, yen)
    assert ours is not None
    assert theirs is not None
    ours.write_bytes(theirs.read_bytes())
    sessions.close()
    with pytest.raises(DataError, match=r"Expected the journal of SYNEUR\|2024-01-17, was that of SYNJPY"):
        _resume(sessions)


def test_a_message_that_is_refused_costs_no_reading_of_the_journal(sessions: Sessions) -> None:
    with sessions.claim(DAY) as kept:
        say(kept, START)
    with pytest.raises(DataError), sessions.claim(DAY) as session:
        say(session, "no json")
    with sessions.claim(DAY) as session:
        assert session is kept
        assert session._stream is not None


def _resume(sessions: Sessions) -> None:
    with sessions.claim(DAY) as session:
        say(session, RESUME)


def _rested(sessions: Sessions, day: SymbolDay) -> Path:
    """A day's journal, to which nothing was written for an hour."""
    path = newest(sessions.desk.journals.root, day)
    assert path is not None
    os.utime(path, (path.stat().st_mtime - 3700,) * 2)
    return path
