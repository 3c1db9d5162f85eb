"""The client against a real endpoint: its calls, its stream, its errors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from ticklake_assets_tests.serving.endpoint.talking import open_socket, say
from ticklake_assets_tests.serving.endpoint.wire_schemas import DOCUMENT
from ticklake_assets_tests.serving.recorded_day import RecordedDay, record_day
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, scored_endpoint
from ticklake_client import (
    Client,
    ConnectionLostError,
    FeedTakenError,
    NotAuthorisedError,
    NotFoundError,
    RefusedError,
    Signal,
    SignalEvent,
    Tick,
    TicksRefusedError,
)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> RecordedDay:
    return record_day(tmp_path_factory.mktemp("landing"))


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEndpoint]:
    with scored_endpoint(tmp_path_factory.mktemp("home")) as endpoint:
        yield endpoint


def _client(endpoint: RunningEndpoint) -> Client:
    return Client(endpoint.url, endpoint.token)


def _ticks(recorded: RecordedDay) -> list[Tick]:
    return [Tick(*tick[1:]) for tick in recorded.ticks]


def _said(endpoint: RunningEndpoint, recorded: RecordedDay) -> list[Signal]:
    """What the endpoint says of the same ticks, one at a time."""
    with open_socket(endpoint, "/v1/stream/SYNEUR/2024-01-17") as stream:
        say(stream, '{"type":"start","complete":true}')
        told = [say(stream, tick.message())["signal"] for tick in recorded.ticks]
    return [Signal(**signal) for signal in told if signal is not None]


def test_a_feed_by_stream_and_one_by_http_bring_the_signals_of_single_ticks(
    endpoint: RunningEndpoint, recorded: RecordedDay
) -> None:
    ticks, wanted = _ticks(recorded), _said(endpoint, recorded)
    batches = [ticks[at : at + 100] for at in range(0, len(ticks), 100)]

    async def stream(client: Client) -> tuple[list[Signal], int]:
        async with client.stream("SYNEUR", "2024-01-17") as stream:
            await stream.start()
            told = [each async for each in stream.feed(batches)]
        return [signal for each in told for signal in each.signals], told[-1].seq

    with _client(endpoint) as client:
        assert asyncio.run(stream(client)) == (wanted, len(ticks))
        pushed = client.push_ticks("SYNEUR", 1, ticks[:700], start=True)
        assert client.push_ticks("SYNEUR", 1, ticks[:700], start=True) == pushed
        pushed += client.push_ticks("SYNEUR", 701, ticks[700:])
        assert (list(pushed.signals), pushed.seq) == (wanted, len(ticks))
        assert any(signal.is_actionable for signal in wanted)
        assert [model["symbol"] for model in client.models()] == ["SYNEUR"]
        assert client.symbol("SYNEUR")["digits"] > 0
        assert client.stats()["ticks"] == 2 * len(ticks)  # by HTTP they were known already


def test_a_morning_is_filled_in(endpoint: RunningEndpoint, recorded: RecordedDay) -> None:
    ticks = _ticks(recorded)

    async def fill() -> tuple[bool, tuple[Signal, ...]]:
        async with _client(endpoint).stream("SYNEUR", "2024-01-17") as stream:
            await stream.start(complete=False)
            incomplete = await stream.send(ticks[600:700])
            assert all("incomplete_day" in signal.abstain for signal in incomplete.signals)
            standing = await stream.back_fill(ticks[:600])
            return standing.complete, (await stream.send(ticks[700:])).signals

    complete, signals = asyncio.run(fill())
    assert complete
    assert signals
    assert all("incomplete_day" not in signal.abstain for signal in signals)


def test_a_reader_gets_each_signal_once(endpoint: RunningEndpoint, recorded: RecordedDay) -> None:
    async def read(after: str, count: int) -> list[SignalEvent]:
        reading, events = _client(endpoint).signals("SYNEUR", after), list[SignalEvent]()
        async for event in reading:
            events.append(event)
            if len(events) == count:
                break
        await reading.aclose()  # type: ignore[attr-defined]
        return events

    wanted = [signal.signal_id for signal in _said(endpoint, recorded)]
    first = asyncio.run(read("2024-01-17", 50))
    assert [event.signal.signal_id for event in first] == wanted[:50]
    later = asyncio.run(read(first[-1].id, len(wanted) - 50))
    assert [event.signal.signal_id for event in later] == wanted[50:]


def _refusals() -> list[Any]:
    return [
        pytest.param("http://127.0.0.1:9", "token", "/SYNEUR", ConnectionLostError, id="nobody answers"),
        pytest.param("nonsense", "token", "/SYNEUR", ConnectionLostError, id="no address"),
        pytest.param("", "wrong", "/SYNEUR", NotAuthorisedError, id="no such token"),
        pytest.param("", "", "/ABCDEF", NotFoundError, id="no such symbol"),
    ]


@pytest.mark.parametrize(("url", "token", "path", "kind"), _refusals())
def test_errors_have_kinds(
    endpoint: RunningEndpoint, url: str, token: str, path: str, kind: type[Exception]
) -> None:
    symbol = path.removeprefix("/")
    with (
        Client(url or endpoint.url, token or endpoint.token, timeout_s=2.0) as client,
        pytest.raises(kind),
    ):
        client.symbol(symbol)

    async def stream() -> None:
        async with client.stream(symbol, "2024-01-17"):
            pass

    async def read() -> None:
        async for _ in client.signals(symbol):
            pass

    for talk in (stream, read):
        with pytest.raises(kind):
            asyncio.run(talk())


def test_what_the_endpoint_refuses_is_told(endpoint: RunningEndpoint) -> None:
    async def twice(client: Client) -> None:
        async with client.stream("SYNEUR", "2024-01-16") as stream:
            await stream.start()
            with pytest.raises(FeedTakenError, match="has a client already"):
                client.push_ticks("SYNEUR", 1, [Tick(1, 1.0, 2.0)], trading_day="2024-01-16")
            with pytest.raises(FeedTakenError, match="has a client already"):
                await client.stream("SYNEUR", "2024-01-16").__aenter__()
            with pytest.raises(TicksRefusedError, match="Expected ticks to fill in an incomplete day"):
                await stream.back_fill([Tick(1, 1.0, 2.0)])
            assert (await stream.send([Tick(1, 1.0, 2.0)])).not_clean[0].rule == "wrong_day"

    with _client(endpoint) as client:
        asyncio.run(twice(client))
        with pytest.raises(RefusedError, match="Field 'seq'") as refused:
            client.push_ticks("SYNEUR", -1, [Tick(1, 1.0, 2.0)], trading_day="2024-01-15")
    assert refused.value.status == 422


def test_its_signal_is_the_documents(endpoint: RunningEndpoint) -> None:
    """The client has its own models, as it imports nothing of the endpoint: they have the same fields."""
    fields = json.loads(DOCUMENT.read_text())["components"]["schemas"]
    assert set(Signal.model_fields) == set(fields["Signal"]["properties"])
