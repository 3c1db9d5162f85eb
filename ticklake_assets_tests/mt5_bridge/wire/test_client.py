"""The client against a real endpoint."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mt5_bridge.errors import ConnectionLost, DayTaken, EndpointError
from mt5_bridge.wire.client import EndpointClient
from mt5_bridge.wire.contract import Resumed, Tick
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets_tests.serving.deployments import make_deployment
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, running_endpoint

_DAY = "1970-01-01"


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEndpoint]:
    with running_endpoint(tmp_path_factory.mktemp("home")) as running:
        yield running


def _tick(seq: int, ask: float | None = 1.1002) -> Tick:
    return Tick(seq, seq * 1000, 1.1, ask, 1.0, 1.0)


def test_facts_are_the_instruments(endpoint: RunningEndpoint) -> None:
    facts, instrument = endpoint.client.symbol_facts("GBPJPY"), instrument_of("GBPJPY")
    told = facts.model_dump()
    costs = told.pop("costs")
    assert all(getattr(instrument, name) == value for name, value in told.items())
    held = asdict(instrument.costs)
    assert all(held[name] == value for name, value in costs.items())
    with pytest.raises(EndpointError, match=r"404.*Symbol 'XXXYYY' has no metadata"):
        endpoint.client.symbol_facts("XXXYYY")


def test_the_live_model_is_in_service_before_the_shadow(endpoint: RunningEndpoint) -> None:
    keys = endpoint.settings.keys_dir
    assert endpoint.client.bundle_in_service("SYNJPY") is None
    for passed, seed in ((False, 1), (True, 2)):
        pushed = endpoint.push(make_deployment(keys, "SYNJPY", passed=passed, seed=seed)).json()
        assert endpoint.client.bundle_in_service("SYNJPY") == pushed["digest"]
    assert endpoint.client.bundle_in_service("SYNEUR") is None


def test_a_model_says_until_when_and_at_which_costs_it_may_trade(endpoint: RunningEndpoint) -> None:
    assert endpoint.push(make_deployment(endpoint.settings.keys_dir, "XAUUSD")).is_success
    (model,) = [each for each in endpoint.client.models() if each.symbol == "XAUUSD"]
    assert (model.mode, model.verdict) == ("live", "passed")
    assert model.expires == datetime(2024, 2, 16, tzinfo=UTC)
    assert model.costs == endpoint.client.symbol_facts("XAUUSD").costs


def test_the_endpoints_clock_is_this_machines_to_a_second(endpoint: RunningEndpoint) -> None:
    assert abs(endpoint.client.clock_ahead_seconds()) < 1.5


def test_ticks_of_before_come_in_together(endpoint: RunningEndpoint) -> None:
    async def talk() -> None:
        async with endpoint.client.stream("SYNJPY", "1970-01-02") as stream:
            await stream.start(rolls=True)
            ticks = [_tick(n)._replace(ts_us=86_400_000_000 + n) for n in range(1, 20_001)]
            assert await stream.catch_up(ticks) == 0
            assert await stream.resume() == Resumed(20_000, True)
            with pytest.raises(EndpointError, match="The endpoint refused: Field 'seq'"):
                await stream.catch_up([_tick(9)])

    asyncio.run(talk())


def test_another_service_at_the_address_is_said(tmp_path: Path) -> None:
    (tmp_path / "v1").mkdir()
    (tmp_path / "v1" / "models").write_text("hello")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_QuietFiles, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        client = EndpointClient(f"http://127.0.0.1:{server.server_port}", "token")
        with pytest.raises(EndpointError, match="/v1/models: Expected JSON, was 'hello'"):
            client.bundle_in_service("SYNEUR")
        (tmp_path / "v1" / "models").write_text('[{"name": "x"}]')
        with pytest.raises(EndpointError, match="breaks the wire contract"):
            client.bundle_in_service("SYNEUR")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_an_address_that_is_none_is_said() -> None:
    with pytest.raises(EndpointError, match=r"Expected the endpoint's URL, like http.*, was 'http://\[::1'"):
        EndpointClient("http://[::1", "token").stats()


class _QuietFiles(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_ticks_are_answered_one_by_one_and_timed(endpoint: RunningEndpoint) -> None:
    client = endpoint.client

    async def talk() -> list[str | None]:
        async with client.stream("SYNEUR", _DAY) as stream:
            assert await stream.start() == Resumed(None, True)
            ticks = [_tick(1), _tick(2, ask=None), _tick(3, ask=1.0), _tick(4, ask=float("nan"))]
            answers = [await stream.ask(tick) for tick in ticks]
            assert [answer.seq for answer in answers] == [1, 2, 3, 4]
            assert await stream.resume() == Resumed(4, True)
            return [answer.rule for answer in answers]

    assert asyncio.run(talk()) == [None, "missing_field", "crossed", "non_finite"]
    assert len(client.round_trips) == 4
    assert all(0 < seconds < 10 for seconds in client.round_trips)


def test_a_wrong_token_is_refused(endpoint: RunningEndpoint) -> None:
    stranger = EndpointClient(endpoint.url, "wrong")
    with pytest.raises(EndpointError, match="401"):
        stranger.stats()

    async def talk() -> None:
        async with stranger.stream("SYNEUR", _DAY):
            pass

    with pytest.raises(EndpointError, match=r"401.*Authorization: Bearer"):
        asyncio.run(talk())


def test_a_second_client_of_a_day_is_refused_and_the_first_goes_on(endpoint: RunningEndpoint) -> None:
    async def talk() -> None:
        async with endpoint.client.stream("SYNEUR", _DAY) as first:
            await first.start()
            with pytest.raises(DayTaken, match=r"409.*SYNEUR\|1970-01-01 has a client already"):
                async with endpoint.client.stream("SYNEUR", _DAY):
                    pass
            async with endpoint.client.stream("SYNEUR", "1970-01-02") as other:
                await other.start()
            assert (await first.ask(_tick(1))).status == "clean"
        async with endpoint.client.stream("SYNEUR", _DAY) as again:
            assert await again.resume() == Resumed(1, True)

    asyncio.run(talk())


def test_a_refused_tick_is_an_error_and_the_stream_goes_on(endpoint: RunningEndpoint) -> None:
    async def talk() -> None:
        async with endpoint.client.stream("SYNEUR", _DAY) as stream:
            await stream.start()
            await stream.ask(_tick(5))
            with pytest.raises(EndpointError, match="Field 'seq': Expected 6, the next tick, was 3"):
                await stream.ask(_tick(3))
            assert (await stream.ask(_tick(6))).status == "clean"

    asyncio.run(talk())


def test_nobody_at_the_address_is_said(tmp_path: Path) -> None:
    nobody = EndpointClient("http://127.0.0.1:9", "token")
    with pytest.raises(ConnectionLost, match="Expected a running endpoint"):
        nobody.stats()

    async def talk() -> None:
        async with nobody.stream("SYNEUR", _DAY):
            pass

    with pytest.raises(ConnectionLost, match="Expected a running endpoint"):
        asyncio.run(talk())
