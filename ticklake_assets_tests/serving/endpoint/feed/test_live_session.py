from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from serving.endpoint.feed.live_session import LiveSession
from serving.endpoint.journal.room import JournalFullError, Limits
from serving.endpoint.models.store import ModelStore
from ticklake_assets.core.errors import DataError, TransientError
from ticklake_assets.core.symbol_day import MICROS_PER_DAY, SymbolDay
from ticklake_assets.journal.folders import newest
from ticklake_assets.journal.reading import read_journal, read_newest, read_served
from ticklake_assets_tests.serving.endpoint.desk import RESUME, START, Talk, open_desk, say
from ticklake_assets_tests.serving.recorded_day import DAY, RecordedDay, record_day

NEXT = DAY.shifted(1)
_HOUR_US = 3_600_000_000


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    with open_desk(tmp_path) as desk:
        yield Talk(desk)


def _batch(recorded: RecordedDay, start: int, end: int, kind: str = "ticks") -> bytes:
    """Ticks `start` to `end` of the day as one message."""
    ticks = [orjson.loads(tick.message()) for tick in recorded.ticks[start:end]]
    rows = [[tick[name] for name in ("ts_us", "bid", "ask", "bid_size", "ask_size")] for tick in ticks]
    return orjson.dumps({"type": kind, "rows": rows} | ({"seq": start + 1} if kind == "ticks" else {}))


def test_a_started_day_is_complete_while_no_tick_is_missing(talk: Talk) -> None:
    started = talk.say(START)
    assert (started["type"], started["last_seq"], started["complete"]) == ("started", None, True)
    assert started["trading_day"] == "2024-01-17"
    for seq in (1, 2, 3):
        assert talk.tick(seq)["status"] == "clean"
    assert talk.stands == (3, True)


def test_a_day_that_is_joined_midway_is_incomplete(talk: Talk) -> None:
    talk.tick(500)
    assert talk.stands == (500, False)


def test_asking_where_nothing_began_changes_nothing(talk: Talk, tmp_path: Path) -> None:
    assert talk.stands == (None, False)
    assert not list(tmp_path.glob("**/*.journal"))


def test_a_start_that_says_so_is_incomplete(talk: Talk) -> None:
    assert talk.say('{"type":"start","complete":false}')["complete"] is False


def test_a_gap_makes_the_day_incomplete_until_it_is_replayed(talk: Talk) -> None:
    talk.say(START)
    talk.tick(1)
    talk.tick(3)
    assert talk.stands == (3, False)
    assert not read_served(talk.desk.journals.root, DAY).complete
    talk.say(START)
    for seq in (1, 2, 3):
        talk.tick(seq)
    assert talk.stands == (3, True)
    assert read_served(talk.desk.journals.root, DAY).complete


def test_what_is_sent_again_gets_its_answer_again_and_counts_once(talk: Talk) -> None:
    talk.say(START)
    answers = [talk.tick(seq) for seq in (1, 2, 3)]
    assert [talk.tick(seq) for seq in (1, 2, 3)] == answers
    assert talk.desk.counters.as_dict()["ticks"] == 3
    assert talk.tick(4)["status"] == "clean"


def test_another_tick_under_an_old_number_is_refused_and_changes_nothing(talk: Talk) -> None:
    talk.say(START)
    talk.tick(1)
    talk.tick(2)
    for seq, bid in ((2, 1.2), (1, 1.0)):
        with pytest.raises(DataError, match=f"Field 'seq': Expected 3, the next tick, was {seq}"):
            talk.tick(seq, bid)
    assert talk.desk.counters.as_dict()["ticks"] == 2
    assert talk.stands == (2, True)


def test_a_malformed_tick_changes_nothing(talk: Talk) -> None:
    talk.say(START)
    talk.tick(1)
    with pytest.raises(DataError, match="Field 'bid'"):
        talk.say('{"seq":2,"ts_us":1,"bid":"x","ask":1,"bid_size":1,"ask_size":1}')
    assert talk.stands == (1, True)
    assert talk.tick(2)["status"] == "clean"


def test_starting_anew_forgets_the_ticks_before(talk: Talk) -> None:
    talk.say(START)
    talk.tick(9)
    talk.say(START)
    assert talk.tick(1)["status"] == "clean", "late against a forgotten tick"


def test_batches_say_what_single_ticks_say(recorded: RecordedDay, scored: ModelStore, tmp_path: Path) -> None:
    with open_desk(tmp_path / "single", models=scored) as desk:
        single = Talk(desk)
        single.say(START)
        told = [single.say(tick.message()) for tick in recorded.ticks]
    with open_desk(tmp_path / "batches", models=scored) as desk:
        batches = Talk(desk)
        batches.say(START)
        size = len(recorded.ticks)
        acks = [batches.say(_batch(recorded, at, min(at + 400, size))) for at in range(0, size, 400)]
    assert [ack["seq"] for ack in acks] == [*range(400, size, 400), size]
    assert [each for ack in acks for each in ack["signals"]] == [t["signal"] for t in told if t["signal"]]
    not_clean = [{key: t[key] for key in ("seq", "status", "rule")} for t in told if t["status"] != "clean"]
    assert [each for ack in acks for each in ack["not_clean"]] == not_clean
    assert not_clean


def test_a_restart_in_mid_day_goes_on_with_the_same_bits(
    recorded: RecordedDay, scored: ModelStore, tmp_path: Path
) -> None:
    def stream(folder: Path, cuts: list[int]) -> tuple[list[dict[str, object]], bytes]:
        """The day's signals and features, the endpoint gone at each cut."""
        signals = []
        for start, end in zip([0, *cuts], [*cuts, len(recorded.ticks)], strict=True):
            with open_desk(folder, models=scored) as desk:
                talk = Talk(desk)
                if start == 0:
                    talk.say(START)
                assert talk.stands == (start or None, True)
                signals += talk.say(_batch(recorded, start, end))["signals"]
        served = read_served(folder / "journal", DAY)
        assert served.complete
        return signals, served.matrix.tobytes()

    assert stream(tmp_path / "cut", [1, 333, 334, 900]) == stream(tmp_path / "whole", [])


def test_a_client_that_lost_an_answer_hears_it_when_it_resumes(
    recorded: RecordedDay, scored: ModelStore, tmp_path: Path
) -> None:
    with open_desk(tmp_path, models=scored) as desk:
        talk = Talk(desk)
        talk.say(START)
        answers = [talk.say(tick.message()) for tick in recorded.ticks[:900]]
    with open_desk(tmp_path, models=scored) as desk:
        for known in (0, 100, 850, 900):
            told = Talk(desk).say(f'{{"type":"resume","acknowledged":{known}}}')
            later = answers[known:]
            assert told["last_seq"] == 900
            assert told["signals"] == [each["signal"] for each in later if each["signal"]]
            assert [t["seq"] for t in told["not_clean"]] == [
                t["seq"] for t in later if t["status"] != "clean"
            ]
        assert "signals" not in Talk(desk).say(RESUME)


def test_a_batch_that_was_cut_by_a_killed_server_was_never_there(
    recorded: RecordedDay, tmp_path: Path
) -> None:
    with open_desk(tmp_path) as desk:
        talk = Talk(desk)
        talk.say(START)
        talk.say(_batch(recorded, 0, 200))
        talk.say(_batch(recorded, 200, 400))
    path = newest(tmp_path / "journal", DAY)
    assert path is not None
    path.write_bytes(path.read_bytes()[:-1])
    with open_desk(tmp_path) as desk:
        talk = Talk(desk)
        assert talk.stands == (200, True)
        talk.say(_batch(recorded, 200, 400))
        assert talk.stands == (400, True)
    assert len(list(read_journal(path).batches)) == 2


def test_at_midnight_the_day_turns_and_the_closed_one_is_sealed(talk: Talk) -> None:
    talk.say(START)
    talk.tick(1, ts_us=DAY.end_us - 10)
    ack = talk.say(
        orjson.dumps(
            {
                "type": "ticks",
                "seq": 2,
                "rows": [[ts, 1.1, 1.2, 1, 1] for ts in (DAY.end_us - 1, DAY.end_us, DAY.end_us + 5)],
            }
        )
    )
    assert (ack["seq"], ack["not_clean"]) == (4, [])
    assert talk.session.day == NEXT
    assert talk.say(RESUME)["trading_day"] == "2024-01-18"
    assert talk.stands == (4, True)
    closed, begun = read_newest(talk.desk.journals.root, DAY), read_newest(talk.desk.journals.root, NEXT)
    assert closed.is_sealed
    assert [len(batch.codes) for batch in closed.batches] == [1, 1]
    assert [(batch.first_seq, len(batch.codes)) for batch in begun.batches] == [(3, 2)]
    assert not closed.path.stat().st_mode & 0o200


def test_a_message_over_midnight_may_come_again(talk: Talk) -> None:
    talk.say(START)
    rows = [[ts, 1.1, 1.2, 1, 1] for ts in (DAY.end_us - 1, DAY.end_us)]
    message = orjson.dumps({"type": "ticks", "seq": 1, "rows": rows})
    assert talk.say(message) == talk.say(message)
    assert talk.desk.counters.as_dict()["ticks"] == 2


def test_a_weekend_turns_the_day_too_and_a_gap_there_is_a_gap(talk: Talk) -> None:
    wednesday = SymbolDay("EURUSD", DAY.trading_day)
    friday, sunday, monday = (wednesday.shifted(days) for days in (2, 4, 5))
    talk.session = LiveSession(talk.desk, friday)
    talk.say(START)
    talk.tick(1, ts_us=friday.start_us + 21 * _HOUR_US)
    talk.tick(2, ts_us=sunday.start_us + 22 * _HOUR_US)
    assert (talk.session.day, talk.stands) == (sunday, (2, True))
    talk.tick(4, ts_us=monday.start_us)
    assert (talk.session.day, talk.stands) == (monday, (4, False))


def test_a_wild_time_of_the_next_day_does_not_end_this_one(talk: Talk) -> None:
    talk.say(START)
    noon = DAY.start_us + 12 * _HOUR_US
    talk.tick(1, ts_us=noon)
    assert talk.tick(2, ts_us=noon + MICROS_PER_DAY)["rule"] == "wrong_day"
    assert talk.tick(3, ts_us=noon + 1)["status"] == "clean"


def test_a_feed_that_was_away_for_long_turns_the_day_where_its_time_is_now(tmp_path: Path) -> None:
    morning = NEXT.start_us + 9 * _HOUR_US
    with open_desk(tmp_path, now_us=morning + 1000) as desk:
        talk = Talk(desk)
        talk.say(START)
        talk.tick(1, ts_us=DAY.start_us + 12 * _HOUR_US)
        assert talk.tick(2, ts_us=morning)["status"] == "clean"
        assert talk.session.day == NEXT


@pytest.mark.parametrize(
    ("ts_us", "bid"),
    [
        (DAY.start_us - 1, 1.1),
        (DAY.end_us + 8 * MICROS_PER_DAY, 1.1),
    ],
)
def test_what_is_no_tick_of_the_next_days_does_not_turn_the_day(talk: Talk, ts_us: int, bid: float) -> None:
    talk.say(START)
    talk.tick(1, ts_us=DAY.end_us - 1)
    assert talk.tick(2, bid, ts_us)["rule"] == "wrong_day"
    assert talk.session.day == DAY


@pytest.mark.parametrize(
    "row", [[DAY.end_us, -1, 1, 1, 1], [DAY.end_us, 1, None, 1, 1], [DAY.end_us, 2, 1, 1, 1]]
)
def test_a_broken_quote_does_not_turn_the_day(talk: Talk, row: list[float | None]) -> None:
    talk.say(START)
    talk.tick(1, ts_us=DAY.end_us - 1)
    (told,) = talk.say(orjson.dumps({"type": "ticks", "seq": 2, "rows": [row]}))["not_clean"]
    assert told["status"] == "quarantined"
    assert talk.session.day == DAY


def test_a_day_that_does_not_roll_is_a_file_of_one_day(talk: Talk) -> None:
    talk.say('{"type":"start","complete":true,"rolls":false}')
    assert talk.tick(1, ts_us=DAY.end_us)["rule"] == "wrong_day"
    assert talk.stands == (1, True)


def test_a_tick_ahead_of_the_clock_is_refused_and_does_not_turn_the_day(tmp_path: Path) -> None:
    with open_desk(tmp_path, now_us=DAY.end_us - 60_000_000) as desk:
        talk = Talk(desk)
        talk.say(START)
        talk.tick(1)
        assert talk.tick(2, ts_us=DAY.end_us) == {"seq": 2, "status": "future", "rule": None, "signal": None}
        assert talk.session.day == DAY
        assert talk.tick(3)["status"] == "clean"


def test_a_day_that_another_client_holds_is_not_turned_to(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        session = LiveSession(desk, DAY, taken={NEXT})
        say(session, START)
        message = orjson.dumps({"type": "ticks", "seq": 1, "rows": [[DAY.end_us, 1.1, 1.2, 1, 1]]})
        with pytest.raises(TransientError, match=r"2024-01-18 has a client already"):
            say(session, message)
        assert session.day == DAY


def test_after_a_restart_the_turned_day_goes_on(tmp_path: Path) -> None:
    with open_desk(tmp_path) as desk:
        talk = Talk(desk)
        talk.say(START)
        talk.tick(1, ts_us=DAY.end_us - 1)
        talk.tick(2, ts_us=DAY.end_us)
    with open_desk(tmp_path) as desk:
        assert desk.journals.rolled_to(DAY) == NEXT
        session = LiveSession(desk, NEXT)
        assert say(session, RESUME)["last_seq"] == 2
        with pytest.raises(DataError, match="is sealed"):
            say(LiveSession(desk, DAY), RESUME)


def test_a_morning_that_is_filled_in_makes_the_day_whole_to_the_bit(
    scored: ModelStore, tmp_path: Path
) -> None:
    recorded = record_day(tmp_path / "landing")
    noon, size = 700, len(recorded.ticks)
    with open_desk(tmp_path / "filled", models=scored) as desk:
        talk = Talk(desk)
        before = talk.say(_batch(recorded, noon, noon + 100))["signals"]
        assert {"incomplete_day"} == {reason for signal in before for reason in signal["abstain"]}
        for at in range(0, noon, 300):
            talk.say(_batch(recorded, at, min(at + 300, noon), "backfill"))
        # The feed goes on while the morning comes in.
        talk.say(_batch(recorded, noon + 100, noon + 150))
        filled = talk.say('{"type":"backfilled"}')
        assert (filled["last_seq"], filled["complete"]) == (noon + 150, True)
        after = talk.say(_batch(recorded, noon + 150, size))["signals"]
        assert "incomplete_day" not in {reason for signal in after for reason in signal["abstain"]}
        assert len(list((tmp_path / "filled").glob("journal/*/*/*.journal"))) == 2
    with open_desk(tmp_path / "filled", models=scored) as desk:
        assert Talk(desk).stands == (size, True)
    served = read_served(tmp_path / "filled" / "journal", DAY)
    assert served.complete
    assert served.matrix[:, 1:].tobytes() == recorded.features.features.tobytes()


def test_what_is_being_filled_counts_for_nothing_until_it_is_finished(
    recorded: RecordedDay, tmp_path: Path
) -> None:
    with open_desk(tmp_path) as desk:
        talk = Talk(desk)
        talk.say(_batch(recorded, 700, 800))
        talk.say(_batch(recorded, 0, 300, "backfill"))
    with open_desk(tmp_path) as desk:
        talk = Talk(desk)
        assert talk.stands == (800, False)
        with pytest.raises(DataError, match="Expected `backfill` before `backfilled`"):
            talk.say('{"type":"backfilled"}')
        talk.say(_batch(recorded, 0, 700, "backfill"))
        assert talk.say('{"type":"backfilled"}')["complete"]


def test_a_complete_day_is_not_filled(talk: Talk) -> None:
    talk.say(START)
    with pytest.raises(DataError, match="Expected ticks to fill in an incomplete day"):
        talk.say('{"type":"backfill","rows":[[1,1,1,1,1]]}')


def test_where_there_is_no_room_nothing_is_accepted_and_nothing_is_forgotten(tmp_path: Path) -> None:
    with open_desk(tmp_path, limits=Limits(most_bytes=5000, least_free_bytes=0)) as desk:
        talk = Talk(desk)
        talk.say(START)
        accepted = 0
        try:
            for seq in range(1, 1000):
                talk.tick(seq)
                accepted = seq
        except JournalFullError as full:
            assert "TICKLAKE_JOURNAL_MOST_BYTES" in str(full)  # noqa: PT017 - how far it came is asked
        assert 0 < accepted < 100
        assert talk.desk.counters.as_dict()["ticks"] == accepted
        assert talk.stands == (accepted, True)
    with open_desk(tmp_path) as desk:
        talk = Talk(desk)
        assert talk.stands == (accepted, True)
        assert talk.tick(accepted + 1)["seq"] == accepted + 1


def test_nothing_is_answered_before_the_disk_has_it_where_that_is_asked_for(tmp_path: Path) -> None:
    from serving.endpoint.journal.journals import Journals

    async def durable() -> None:
        journals = Journals(tmp_path / "power", "power")
        journal = journals.begin(DAY, complete=True)
        await asyncio.wait_for(journal.durable(), 10)
        journal.close()
        journals.close()

    asyncio.run(durable())
