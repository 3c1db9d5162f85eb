"""The stream spoken to by hand, as a faulty client would."""

from __future__ import annotations

import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from mt5_bridge.contract import Tick
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint

_START = '{"type":"start","complete":true}'


def _open(endpoint: RunningEndpoint, day: str = "1970-01-01", symbol: str = "NZDUSD") -> ClientConnection:
    url = f"{endpoint.url.replace('http', 'ws')}/v1/stream/{symbol}/{day}"
    return connect(url, additional_headers={"Authorization": f"Bearer {endpoint.token}"}, proxy=None)


def _say(connection: ClientConnection, message: str | bytes) -> dict[str, Any]:
    connection.send(message)
    answer: dict[str, Any] = json.loads(connection.recv())
    return answer


def _tick(seq: int) -> str:
    return Tick(seq, seq, 1.1, 1.2, 1.0, 1.0).message()


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
        ('{"type":"halt"}', "Field 'type': Expected 'start' or 'resume'"),
    ],
)
def test_a_malformed_message_is_answered_and_the_day_goes_on(
    endpoint: RunningEndpoint, message: str | bytes, complaint: str
) -> None:
    with _open(endpoint) as connection:
        _say(connection, _START)
        assert _say(connection, _tick(1))["status"] == "clean"
        answer = _say(connection, message)
        assert answer["type"] == "error"
        assert complaint in answer["error"]
        assert _say(connection, _tick(2))["seq"] == 2
        assert _say(connection, '{"type":"resume"}') == {"type": "resumed", "last_seq": 2, "complete": True}


def test_one_clients_errors_are_not_anothers(endpoint: RunningEndpoint) -> None:
    with _open(endpoint) as faulty, _open(endpoint, "1970-01-02") as steady:
        _say(steady, _START)
        assert _say(faulty, "garbage")["type"] == "error"
        with pytest.raises(ConnectionClosedError):
            _say(faulty, "x" * 2_000_000)
        assert _say(steady, '{"type":"resume"}')["complete"] is True


def test_after_an_oversized_message_the_session_is_still_there(endpoint: RunningEndpoint) -> None:
    with _open(endpoint, "1970-01-03") as faulty:
        _say(faulty, _START)
        _say(faulty, _tick(1))
        with pytest.raises(ConnectionClosedError):
            _say(faulty, "x" * 2_000_000)
    with _open(endpoint, "1970-01-03") as again:
        assert _say(again, '{"type":"resume"}') == {"type": "resumed", "last_seq": 1, "complete": True}


@pytest.mark.parametrize(
    ("day", "symbol", "complaint"),
    [
        ("1970-01-32", "NZDUSD", "No symbol-day NZDUSD|1970-01-32"),
        ("1970-01-01", "ABCDEF", "Symbol 'ABCDEF' has no metadata"),
    ],
)
def test_an_impossible_address_is_refused(
    endpoint: RunningEndpoint, day: str, symbol: str, complaint: str
) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        _open(endpoint, day, symbol)
    assert refusal.value.response.status_code == 404
    assert complaint in json.loads(refusal.value.response.body or b"")["error"]
