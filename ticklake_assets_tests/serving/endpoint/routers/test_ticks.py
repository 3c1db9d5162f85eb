"""Ticks by HTTP, for systems without WebSockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ticklake_assets_tests.serving.endpoint.talking import open_socket, say
from ticklake_assets_tests.serving.recorded_day import RecordedDay
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, running_endpoint, scored_endpoint


@pytest.fixture
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEndpoint]:
    with scored_endpoint(tmp_path_factory.mktemp("home")) as endpoint:
        yield endpoint


def _rows(recorded: RecordedDay, start: int, end: int) -> list[list[Any]]:
    ticks = [json.loads(tick.message()) for tick in recorded.ticks[start:end]]
    return [[tick[name] for name in ("ts_us", "bid", "ask", "bid_size", "ask_size")] for tick in ticks]


def _post(endpoint: RunningEndpoint, body: Any, query: str = "", symbol: str = "SYNEUR") -> httpx.Response:
    headers = {"Authorization": f"Bearer {endpoint.token}"}
    url = f"{endpoint.url}/v1/ticks/{symbol}{query}"
    content = {"content": body} if isinstance(body, bytes) else {"json": body}
    return httpx.post(url, headers=headers, timeout=30, **content)


def test_batches_by_http_say_what_the_stream_says_and_count_once(
    endpoint: RunningEndpoint, recorded: RecordedDay
) -> None:
    first = {"seq": 1, "rows": _rows(recorded, 0, 700)}
    answers = [_post(endpoint, first, "?start=true") for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    second = _post(endpoint, {"seq": 701, "rows": _rows(recorded, 700, 1400)}).json()
    assert (second["type"], second["seq"]) == ("ack", 1400)
    assert endpoint.get("/v1/stats").json()["ticks"] == 1400
    with open_socket(endpoint, "/v1/stream/SYNEUR/2024-01-17") as stream:
        say(stream, '{"type":"start","complete":true}')
        told = [say(stream, tick.message())["signal"] for tick in recorded.ticks[:1400]]
    signals = answers[0].json()["signals"] + second["signals"]
    assert signals == [signal for signal in told if signal is not None]
    assert "incomplete_day" not in {reason for signal in signals for reason in signal["abstain"]}


@pytest.mark.parametrize(
    ("body", "status", "complaint"),
    [
        (b"{", 422, "Body: Expected JSON"),
        (b"[]", 422, "Body: Expected an object"),
        ({"seq": 1}, 422, "Field 'ts_us': Expected a list"),
        ({"seq": -1, "rows": [[1, 1, 1, 1, 1]]}, 422, "Field 'seq'"),
        ({"type": "start", "complete": True}, 422, "Body: Expected an object with seq and ticks"),
        (
            {"seq": 1, "rows": [[2**62, 1, 1, 1, 1]]},
            422,
            "Field 'ts_us': Expected epoch microseconds of a day",
        ),
    ],
)
def test_what_cannot_be_used_is_said_and_changes_nothing(
    endpoint: RunningEndpoint, body: Any, status: int, complaint: str
) -> None:
    answer = _post(endpoint, body)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    assert complaint in answer.json()["error"]
    assert not list(endpoint.settings.journals.rglob("*.journal"))


def test_a_feed_that_a_stream_holds_is_busy(endpoint: RunningEndpoint, recorded: RecordedDay) -> None:
    with open_socket(endpoint, "/v1/stream/SYNEUR/2024-01-17") as stream:
        say(stream, '{"type":"start","complete":true}')
        answer = _post(endpoint, {"seq": 1, "rows": _rows(recorded, 0, 10)})
    assert (answer.status_code, list(answer.json())) == (409, ["error"])


def test_lists_in_lists_are_no_fault(endpoint: RunningEndpoint) -> None:
    for depth in (10, 300, 1000, 2000):
        answer = _post(endpoint, b'{"seq":1,"rows":' + b"[" * depth + b"]" * depth + b"}")
        assert answer.status_code == 422, depth


def test_a_full_journal_is_no_other_client(tmp_path: Path) -> None:
    with running_endpoint(tmp_path, journal_most_bytes=1) as full:
        answer = _post(full, {"seq": 1, "rows": [[1705481532123000, 1.1, 1.2, 1.0, 1.0]]})
    assert answer.status_code == 503
    assert "TICKLAKE_JOURNAL_MOST_BYTES" in answer.json()["error"]
