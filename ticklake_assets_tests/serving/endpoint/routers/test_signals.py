"""Signals for those who only read: each once, in order, after any interruption."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from ticklake_assets_tests.serving.endpoint.talking import hear, open_socket, say
from ticklake_assets_tests.serving.recorded_day import RecordedDay
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, scored_endpoint

_Events = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEndpoint]:
    with scored_endpoint(tmp_path_factory.mktemp("home")) as endpoint:
        yield endpoint


def _stream(endpoint: RunningEndpoint, recorded: RecordedDay, start: int, end: int) -> list[dict[str, Any]]:
    with open_socket(endpoint, "/v1/stream/SYNEUR/2024-01-17") as stream:
        if start == 0:
            say(stream, '{"type":"start","complete":true}')
        answers = [say(stream, tick.message()) for tick in recorded.ticks[start:end]]
    return [answer["signal"] for answer in answers if answer["signal"]]


def _hear_all(reader: Any, count: int) -> _Events:
    told = [hear(reader) for _ in range(count)]
    return [(each["id"], each["signal"]) for each in told]


def test_each_reader_gets_each_signal_once_also_when_the_day_is_streamed_again(
    endpoint: RunningEndpoint, recorded: RecordedDay
) -> None:
    with (
        open_socket(endpoint, "/v1/signals/SYNEUR") as one,
        open_socket(endpoint, "/v1/signals/SYNEUR") as two,
    ):
        first = _stream(endpoint, recorded, 0, 500)
        again = _stream(endpoint, recorded, 0, 700)
        assert again[: len(first)] == first
        heard = _hear_all(one, len(again))
        assert [signal for _, signal in heard] == again
        assert _hear_all(two, len(again)) == heard
        assert [name for name, _ in heard] == sorted(name for name, _ in heard)
        with pytest.raises(TimeoutError):
            one.recv(timeout=0.2)


def test_who_comes_back_with_an_id_misses_nothing_and_hears_nothing_twice(
    endpoint: RunningEndpoint, recorded: RecordedDay
) -> None:
    with open_socket(endpoint, "/v1/signals/SYNEUR") as reader:
        first = _stream(endpoint, recorded, 0, 700)
        heard = _hear_all(reader, len(first) // 2)
    with open_socket(endpoint, f"/v1/signals/SYNEUR?after={heard[-1][0]}") as reader:
        heard += _hear_all(reader, len(first) - len(heard))
        later = _stream(endpoint, recorded, 700, 1400)
        heard += _hear_all(reader, len(later))
    assert [signal for _, signal in heard] == first + later


def test_server_sent_events_say_the_same(endpoint: RunningEndpoint, recorded: RecordedDay) -> None:
    signals = _stream(endpoint, recorded, 0, 600)
    headers = {"Authorization": f"Bearer {endpoint.token}", "Last-Event-ID": "2024-01-16"}
    events: _Events = []
    with httpx.stream("GET", f"{endpoint.url}/v1/signals/SYNEUR", headers=headers, timeout=30) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        name = ""
        for line in answer.iter_lines():
            if line.startswith("id: "):
                name = line[4:]
            if line.startswith("data: "):
                events.append((name, json.loads(line[6:])))
            if len(events) == len(signals):
                break
    assert [signal for _, signal in events] == signals


def test_what_cannot_be_subscribed_to_is_refused(endpoint: RunningEndpoint) -> None:
    for path, status in (("ABCDEF", 404), ("SYNEUR?after=yesterday", 422)):
        assert endpoint.get(f"/v1/signals/{path}").status_code == status
        with pytest.raises(InvalidStatus) as refusal:
            open_socket(endpoint, f"/v1/signals/{path}")
        assert refusal.value.response.status_code == status


def test_an_id_from_the_future_holds_nothing_back(endpoint: RunningEndpoint, recorded: RecordedDay) -> None:
    with open_socket(endpoint, "/v1/signals/SYNEUR?after=2031-01-01.0001.000000001") as reader:
        signals = _stream(endpoint, recorded, 0, 600)
        assert [signal for _, signal in _hear_all(reader, len(signals))] == signals


@pytest.mark.parametrize("name", ["2024-W03-3", "2024-01-17.1", "2024-01-17.0001.x", "2024-13-17"])
def test_an_id_of_nobody_is_refused(endpoint: RunningEndpoint, name: str) -> None:
    answer = endpoint.get(f"/v1/signals/SYNEUR?after={name}")
    assert answer.status_code == 422
    assert "Expected an id like" in answer.json()["error"]


def test_a_reader_is_told_of_a_journal_that_was_changed(
    endpoint: RunningEndpoint, recorded: RecordedDay
) -> None:
    _stream(endpoint, recorded, 0, 100)
    path = endpoint.settings.journals / "SYNEUR/2024-01-17/0001.journal"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with (
        open_socket(endpoint, "/v1/signals/SYNEUR?after=2024-01-17") as reader,
        pytest.raises(ConnectionClosedError, match=r"0001\.journal: the frame at byte"),
    ):
        reader.recv(timeout=10)
