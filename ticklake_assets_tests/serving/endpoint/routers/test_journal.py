"""A day's journal over HTTP, and its seal."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.journal.folders import newest
from ticklake_assets.journal.reading import read_journal
from ticklake_assets_tests.serving.endpoint.talking import open_socket, say
from ticklake_assets_tests.serving.recorded_day import DAY, record_day
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint
from ticklake_assets_tests.serving.streamed_day import seal, stream

PAST = DAY.shifted(-30)


def test_a_day_is_sealed_when_it_is_asked_for_and_once(endpoint: RunningEndpoint, tmp_path: Path) -> None:
    address = f"/v1/journal/{PAST.symbol}/{PAST.trading_day}"
    assert seal(endpoint, PAST).status_code == 404
    stream(endpoint, PAST, record_day(tmp_path, PAST, ticks=60).columns())
    assert endpoint.get(address).headers["x-ticklake-sealed"] == "false"
    with open_socket(endpoint, f"/v1/stream/{PAST.symbol}/{PAST.trading_day}") as socket:
        assert say(socket, '{"type":"resume"}')["last_seq"]
        held = seal(endpoint, PAST)
        assert (held.status_code, "has a client already" in held.json()["error"]) == (409, True)
    answers = [seal(endpoint, PAST) for _ in range(2)]
    assert [(each.status_code, each.json()) for each in answers] == [(200, {"sealed": True})] * 2
    given = endpoint.get(address)
    assert given.headers["x-ticklake-sealed"] == "true"
    path = newest(endpoint.settings.journals, PAST)
    assert path is not None
    assert given.content == path.read_bytes()
    assert [told["what"] for told in read_journal(path).controls] == ["sealed"]
    with open_socket(endpoint, f"/v1/stream/{PAST.symbol}/{PAST.trading_day}") as socket:
        assert "is sealed" in say(socket, '{"type":"resume"}')["error"]


def test_a_day_that_is_not_over_is_not_sealed(endpoint: RunningEndpoint) -> None:
    today = SymbolDay(DAY.symbol, datetime.now(UTC).date())
    with open_socket(endpoint, f"/v1/stream/{today.symbol}/{today.trading_day}") as socket:
        say(socket, '{"type":"start","complete":true}')
    answer = seal(endpoint, today)
    assert (answer.status_code, "is not over" in answer.json()["error"]) == (409, True)
    assert (
        endpoint.get(f"/v1/journal/{today.symbol}/{today.trading_day}").headers["x-ticklake-sealed"]
        == "false"
    )
