"""The newest quote for who looks on: clean, thinned, with its age, and none before there is one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from ticklake_assets_tests.serving.endpoint.talking import open_socket, say
from ticklake_assets_tests.serving.recorded_day import RecordedDay
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, bearer


@contextmanager
def _quotes(endpoint: RunningEndpoint, symbol: str) -> Iterator[Iterator[dict[str, Any]]]:
    url = f"{endpoint.url}/v1/quotes/{symbol}"
    with httpx.stream("GET", url, headers=bearer(endpoint.token), timeout=10) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield (json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: "))


def test_it_says_that_nothing_came_yet(endpoint: RunningEndpoint) -> None:
    with _quotes(endpoint, "SYNJPY") as quotes:
        first, second = next(quotes), next(quotes)
    assert (first["bid"], first["received_us"], first["day"]) == (None, None, None)
    assert 0 < second["now_us"] - first["now_us"] < 3e6
    assert first["since_us"] == second["since_us"] <= first["now_us"]


def test_the_newest_clean_quote_is_told_a_few_times_a_second(
    endpoint: RunningEndpoint, recorded: RecordedDay
) -> None:
    def is_clean(answer: dict[str, Any]) -> bool:
        return bool(answer["status"] == "clean")

    with _quotes(endpoint, "SYNEUR") as quotes:
        next(quotes)
        with open_socket(endpoint, "/v1/stream/SYNEUR/2024-01-17") as stream:
            say(stream, {"type": "start", "complete": True})
            answers = [say(stream, tick.message()) for tick in recorded.ticks[:900]]
        last = next(
            tick for tick, said in list(zip(recorded.ticks, answers, strict=False))[::-1] if is_clean(said)
        )
        frames = 0
        for told in quotes:
            frames += 1
            if told["ts_us"] == last.ts_us:
                break
    assert (told["bid"], told["ask"], told["day"]) == (last.bid, last.ask, "2024-01-17")
    assert told["ticks"]["clean"] >= sum(map(is_clean, answers))
    assert frames < 50, "900 ticks in a moment are a few frames"


def test_batches_leave_the_same_quote(endpoint: RunningEndpoint) -> None:
    rows = [[1705449600000000 + 1000 * at, 1.1, 1.1001 + at * 1e-5, 1.0, 1.0] for at in range(5)]
    body = {"seq": 1, "rows": rows}
    answer = httpx.post(
        f"{endpoint.url}/v1/ticks/EURUSD?start=true", json=body, headers=bearer(endpoint.token), timeout=10
    )
    assert answer.is_success, answer.text
    with _quotes(endpoint, "EURUSD") as quotes:
        told = next(quotes)
    assert [told["ts_us"], told["bid"], told["ask"]] == rows[-1][:3]


def test_there_is_no_unknown_symbol(endpoint: RunningEndpoint) -> None:
    assert endpoint.get("/v1/quotes/ABCDEF").status_code == 404
