"""The stream spoken to by hand, as a faulty client would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import ClientConnection

from mt5_bridge.wire.contract import Tick
from ticklake_assets_tests.serving.deployments import make_deployment
from ticklake_assets_tests.serving.endpoint.talking import hear, open_socket, say
from ticklake_assets_tests.serving.recorded_day import RecordedDay, record_day
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, running_endpoint

_FIRST_US = 915_408_000_000_000
"""1999-01-04, a Monday."""
_START = '{"type":"start","complete":true}'


def _open(endpoint: RunningEndpoint, day: str = "1999-01-04", symbol: str = "NZDUSD") -> ClientConnection:
    return open_socket(endpoint, f"/v1/stream/{symbol}/{day}")


def _stands(connection: ClientConnection) -> tuple[int, bool]:
    told = say(connection, '{"type":"resume"}')
    return told["last_seq"], told["complete"]


def _tick(seq: int) -> str:
    return Tick(seq, _FIRST_US + seq, 1.1, 1.2, 1.0, 1.0).message()


@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        ("", "Expected JSON"),
        ("]", "Expected JSON"),
        (b"\x00\x01", "Expected JSON text, was a binary frame"),
        (
            '{"seq":2,"ts_us":2,"bid":"1.1","ask":1.2,"bid_size":1,"ask_size":1}',
            "Field 'bid': Expected a number",
        ),
        ('{"seq":2}', "Field 'ts_us': Expected epoch microseconds"),
        ('{"type":"halt"}', "Field 'type': Expected 'ticks', 'start'"),
    ],
)
def test_a_malformed_message_is_answered_and_the_day_goes_on(
    endpoint: RunningEndpoint, message: str | bytes, complaint: str
) -> None:
    with _open(endpoint) as connection:
        say(connection, _START)
        assert say(connection, _tick(1))["status"] == "clean"
        answer = say(connection, message)
        assert answer["type"] == "error"
        assert complaint in answer["error"]
        assert say(connection, _tick(2))["seq"] == 2
        assert _stands(connection) == (2, True)


def test_one_clients_errors_are_not_anothers(endpoint: RunningEndpoint) -> None:
    with _open(endpoint) as faulty, _open(endpoint, "1999-01-05") as steady:
        say(steady, _START)
        assert say(faulty, "garbage")["type"] == "error"
        with pytest.raises(ConnectionClosedError):
            say(faulty, "x" * 5_000_000)
        assert say(steady, '{"type":"resume"}')["complete"] is True


def test_after_an_oversized_message_the_session_is_still_there(endpoint: RunningEndpoint) -> None:
    with _open(endpoint, "1999-01-06") as faulty:
        say(faulty, _START)
        say(faulty, _tick(1))
        with pytest.raises(ConnectionClosedError):
            say(faulty, "x" * 5_000_000)
    with _open(endpoint, "1999-01-06") as again:
        assert _stands(again) == (1, True)


@pytest.mark.parametrize(
    ("day", "symbol", "complaint"),
    [
        ("1970-01-32", "NZDUSD", "No symbol-day NZDUSD|1970-01-32"),
        ("1999-01-04", "ABCDEF", "Symbol 'ABCDEF' has no metadata"),
    ],
)
def test_an_impossible_address_is_refused(
    endpoint: RunningEndpoint, day: str, symbol: str, complaint: str
) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        _open(endpoint, day, symbol)
    assert refusal.value.response.status_code == 404
    assert complaint in json.loads(refusal.value.response.body or b"")["error"]


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningEndpoint, RecordedDay]]:
    recorded = record_day(tmp_path_factory.mktemp("landing"))
    with running_endpoint(tmp_path_factory.mktemp("home")) as endpoint:
        deployment = make_deployment(endpoint.settings.keys_dir, "SYNEUR")
        assert endpoint.push(deployment).status_code == 201
        yield endpoint, recorded


def test_a_pipelined_client_hears_the_same_signals_and_every_tick_is_acknowledged(
    scored: tuple[RunningEndpoint, RecordedDay],
) -> None:
    endpoint, recorded = scored
    with _open(endpoint, "2024-01-17", "SYNEUR") as lock_step:
        say(lock_step, _START)
        told = [say(lock_step, tick.message()) for tick in recorded.ticks]
    with _open(endpoint, "2024-01-17", "SYNEUR") as pipelined:
        started = say(pipelined, {"type": "start", "complete": True, "pipelined": True})
        assert started["window"] >= 4096 <= started["most_ticks"]
        for tick in recorded.ticks:
            pipelined.send(tick.message())
        acks = [hear(pipelined)]
        while acks[-1]["seq"] < len(recorded.ticks):
            acks.append(hear(pipelined))
    seqs = [ack["seq"] for ack in acks]
    assert seqs == sorted(seqs)
    assert len(acks) < len(recorded.ticks) / 2
    assert [each for ack in acks for each in ack["signals"]] == [t["signal"] for t in told if t["signal"]]
    not_clean = [each["seq"] for ack in acks for each in ack["not_clean"]]
    assert not_clean == [t["seq"] for t in told if t["status"] != "clean"]


def test_an_error_comes_behind_the_acknowledgement_of_what_came_before(
    scored: tuple[RunningEndpoint, RecordedDay],
) -> None:
    endpoint, _ = scored
    with _open(endpoint, "1999-01-04") as pipelined:
        say(pipelined, {"type": "start", "complete": True, "pipelined": True})
        for message in (_tick(1), _tick(2), "garbage"):
            pipelined.send(message)
        answers = [hear(pipelined), hear(pipelined)]
    assert [answer["type"] for answer in answers] == ["ack", "error"]
    assert answers[0]["seq"] == 2


@pytest.mark.parametrize("refused", ['{"seq":3,"ts_us":1}', "garbage"])
def test_what_was_sent_on_behind_a_refused_message_is_refused_and_leaves_no_gap(
    scored: tuple[RunningEndpoint, RecordedDay], refused: str
) -> None:
    endpoint, _ = scored
    with _open(endpoint, "1999-01-04") as pipelined:
        say(pipelined, {"type": "start", "complete": True, "pipelined": True})
        for message in (_tick(1), _tick(2), refused, _tick(4), _tick(5)):
            pipelined.send(message)
        answers = [hear(pipelined)]
        while answers[-1]["seq"] != 5:
            answers.append(hear(pipelined))
        behind = answers[-2:]
        assert [each["seq"] for each in behind] == [4, 5]
        assert all("Expected 3, as the message before was refused" in each["error"] for each in behind)
        assert _stands(pipelined) == (2, True)
        for seq in (3, 4, 5):
            pipelined.send(_tick(seq))
        while hear(pipelined)["seq"] != 5:
            pass
        assert _stands(pipelined) == (5, True)


def test_who_resumes_behind_a_refused_message_may_leave_a_gap(
    scored: tuple[RunningEndpoint, RecordedDay],
) -> None:
    endpoint, _ = scored
    with _open(endpoint, "1999-01-04") as connection:
        say(connection, _START)
        say(connection, _tick(1))
        assert say(connection, '{"seq":2}')["type"] == "error"
        assert say(connection, _tick(3))["type"] == "error"
        assert _stands(connection) == (1, True)
        assert say(connection, _tick(3))["status"] == "clean"
        assert _stands(connection) == (3, False)


def test_a_disk_that_is_full_ends_the_stream_with_the_reason_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TICKLAKE_JOURNAL_MOST_BYTES", "4000")
    with running_endpoint(tmp_path) as endpoint:
        with _open(endpoint) as connection:
            say(connection, _START)
            seq, answer = 0, {"seq": 0}
            while "error" not in answer:
                seq += 1
                answer = say(connection, _tick(seq))
            assert "TICKLAKE_JOURNAL_MOST_BYTES" in answer["error"]
            with pytest.raises(ConnectionClosedError) as closed:
                hear(connection)
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (
            1013,
            "the journal is full or cannot be written",
        )
        with _open(endpoint) as again:
            assert _stands(again) == (seq - 1, True)
        assert len(list(tmp_path.rglob("*.journal"))) == 1
        assert endpoint.get("/healthz").status_code == 200
