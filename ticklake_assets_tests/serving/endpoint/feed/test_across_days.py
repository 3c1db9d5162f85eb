"""What a feed says and holds across midnights, restarts and fills that were left half done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from serving.endpoint.feed.desk import Desk
from serving.endpoint.feed.live_session import LiveSession
from serving.endpoint.feed.sessions import Sessions
from serving.endpoint.feed.signal_hub import event_id
from serving.endpoint.models.store import ModelStore
from ticklake_assets.core.errors import TransientError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.journal.reading import read_newest
from ticklake_assets_tests.serving.endpoint.desk import RESUME, START, Talk, open_desk, say
from ticklake_assets_tests.serving.recorded_day import DAY, RecordedDay

_HOUR_US = 3_600_000_000


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    with open_desk(tmp_path) as desk:
        yield Talk(desk)


def _ticks(seq: int, times: list[int], kind: str = "ticks") -> bytes:
    rows = [[ts_us, 1.1 + at * 1e-5, 1.1001 + at * 1e-5, 1.0, 1.0] for at, ts_us in enumerate(times)]
    return orjson.dumps({"type": kind, "rows": rows} | ({"seq": seq} if kind == "ticks" else {}))


def _hourly(hours: int) -> list[int]:
    return [DAY.start_us + hour * _HOUR_US for hour in range(hours)]


def test_a_batch_may_pass_more_than_one_midnight(talk: Talk) -> None:
    talk.say(START)
    told = talk.say(_ticks(1, _hourly(60)))
    assert (told["seq"], told["not_clean"]) == (60, [])
    assert talk.say(RESUME)["trading_day"] == "2024-01-19"
    root = talk.desk.journals.root
    held = [[batch.first_seq for batch in read_newest(root, DAY.shifted(n)).batches] for n in range(3)]
    assert held == [[1], [25], [49]]
    assert talk.say(_ticks(1, _hourly(60))) == told


def test_a_message_whose_later_day_is_taken_brings_nothing_in(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        session = LiveSession(desk, DAY, {DAY.shifted(2)})
        say(session, START)
        before = say(session, RESUME)
        with pytest.raises(TransientError, match="has a client already"):
            say(session, _ticks(1, _hourly(60)))
        assert say(session, RESUME) == before


def test_who_comes_back_after_midnight_hears_what_was_said_long_before_it(talk: Talk) -> None:
    """More messages lie between than are kept in memory, and the day's journal begins with the day."""
    talk.say(START)
    times = _hourly(25)
    for seq in range(1, 101):
        talk.tick(seq, ts_us=times[0] + (1 if seq % 2 else 1000 * seq))  # each other one is late
    talk.say(_ticks(101, times[1:]))
    told = talk.say('{"type":"resume","acknowledged":10}')
    assert told["trading_day"] == "2024-01-18"
    late = [each["seq"] for each in told["not_clean"] if each["status"] == "late"]
    assert late == list(range(11, 101, 2))


def test_a_gap_is_not_filled_by_what_lies_before_the_first_tick(talk: Talk) -> None:
    talk.say('{"type":"start","complete":false}')
    talk.say(_ticks(10, _hourly(24)[4:6]))
    talk.say(_ticks(20, _hourly(24)[9:10]))
    talk.say(_ticks(0, _hourly(4), "backfill"))
    assert talk.say('{"type":"backfilled"}')["complete"] is False


def test_a_fill_that_a_client_left_begins_anew(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        sessions = Sessions(desk)
        with sessions.claim(DAY) as session:
            say(session, '{"type":"start","complete":false}')
            say(session, _ticks(1, _hourly(24)[6:8]))
            say(session, _ticks(0, _hourly(3), "backfill"))
        with sessions.claim(DAY) as session:
            say(session, _ticks(0, _hourly(6), "backfill"))
            assert say(session, '{"type":"backfilled"}')["complete"] is True
        codes = [code for batch in read_newest(desk.journals.root, DAY).batches for code in batch.codes]
        assert codes == [0] * 8


def test_a_restart_tells_readers_nothing_twice(
    tmp_path: Path, recorded: RecordedDay, scored: ModelStore
) -> None:
    """The day was streamed twice before: the second stream is behind the first."""
    names = ("ts_us", "bid", "ask", "bid_size", "ask_size")
    told = [orjson.loads(tick.message()) for tick in recorded.ticks]
    rows = [[tick[name] for name in names] for tick in told]

    def stream(desk: Desk, *batches: tuple[int, int], start: bool = False) -> list[Any]:
        session = LiveSession(desk, DAY)
        with desk.hub.subscribed("SYNEUR") as queue:
            if start:
                say(session, START)
            for first, last in batches:
                say(session, orjson.dumps({"type": "ticks", "seq": first + 1, "rows": rows[first:last]}))
            heard = [queue.get_nowait() for _ in range(queue.qsize())]
        session.close()
        return [each.signal["signal_id"] for each in heard if each is not None]

    with open_desk(tmp_path, models=scored) as desk:
        first = stream(desk, (0, 700), start=True)
        assert stream(desk, (0, 300), start=True) == []
    with open_desk(tmp_path, models=scored) as desk:
        later = stream(desk, (300, 700), (700, 1400))
    assert len(later) > 10
    assert not set(first) & set(later)


@pytest.mark.parametrize(
    ("symbol", "friday", "close_utc", "open_utc"),
    [
        ("EURUSD", "2024-03-08", 22, 21),  # New York's clocks go forward on the Sunday
        ("EURUSD", "2024-11-01", 21, 22),  # and back
        ("EURUSD", "2024-03-29", 21, 21),  # London's go forward: the venue is New York's
    ],
)
def test_a_weekend_in_which_clocks_change_turns_the_day_at_the_venues_own_hours(
    tmp_path: Path, symbol: str, friday: str, close_utc: int, open_utc: int
) -> None:
    """Not a tick is missing, and none is of a wrong day: the silence is the market's, by its own clock."""
    day = SymbolDay.parse(f"{symbol}|{friday}")
    sunday, monday = day.shifted(2), day.shifted(3)
    with open_desk(tmp_path) as desk:
        session = LiveSession(desk, day)
        say(session, START)
        times = [
            day.start_us + close_utc * _HOUR_US - 1,
            sunday.start_us + open_utc * _HOUR_US,
            sunday.start_us + 23 * _HOUR_US,
            monday.start_us,
        ]
        assert say(session, _ticks(1, times))["not_clean"] == []
        told = say(session, RESUME)
        assert (told["trading_day"], told["complete"]) == (str(monday.trading_day), True)
        assert [each.trading_day.weekday() for each in desk.journals.days(symbol, day.trading_day)] == [
            4,
            6,
            0,
        ]
        assert read_newest(desk.journals.root, day).is_sealed
        assert read_newest(desk.journals.root, sunday).is_sealed


def test_a_market_that_never_closes_turns_on_saturday_and_its_silence_is_a_wrong_time(tmp_path: Path) -> None:
    friday = SymbolDay.parse("BTCUSD|2024-01-19")
    saturday, sunday = friday.shifted(1), friday.shifted(2)
    with open_desk(tmp_path) as desk:
        session = LiveSession(desk, friday)
        say(session, START)
        last = saturday.end_us - 1
        assert say(session, _ticks(1, [friday.end_us - 1, saturday.start_us, last]))["not_clean"] == []
        assert say(session, RESUME)["trading_day"] == "2024-01-20"
        (late,) = say(session, _ticks(4, [last + 3 * _HOUR_US]))["not_clean"]
        assert late["rule"] == "wrong_day"
        assert say(session, _ticks(5, [sunday.start_us]))["not_clean"] == []
        told = say(session, RESUME)
        assert (told["trading_day"], told["complete"]) == ("2024-01-21", True)


def test_ids_ascend_as_text_for_any_number() -> None:
    seqs = [0, 9, 10, 999_999_999, 1_000_000_000, 2**40, 2**62]
    named = [event_id("2024-01-17", "0001", seq) for seq in seqs]
    assert named == sorted(named)
