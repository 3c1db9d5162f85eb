"""A real endpoint, followed: its quotes, signals and figures come, what is lost is said, and none comes twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from serving.pipeline.pages.live.feeds import Feeds
from serving.pipeline.sources.endpoint import EndpointSource
from ticklake_assets_tests.serving.endpoint.talking import open_socket, say
from ticklake_assets_tests.serving.recorded_day import RecordedDay
from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint, running_endpoint, scored_endpoint

_PATIENCE_S = 15.0
Told = dict[str, Any]


def _source(endpoint: RunningEndpoint) -> EndpointSource:
    return EndpointSource(endpoint.url, endpoint.settings.keys_dir / "endpoint.token")


def _stream(endpoint: RunningEndpoint, recorded: RecordedDay, start: int, end: int) -> list[Told]:
    with open_socket(endpoint, "/v1/stream/SYNEUR/2024-01-17") as stream:
        if start == 0:
            say(stream, '{"type":"start","complete":true}')
        answers = [say(stream, tick.message()) for tick in recorded.ticks[start:end]]
    return [answer["signal"] for answer in answers if answer["signal"]]


async def _events(data: AsyncIterator[bytes]) -> AsyncIterator[tuple[str, Any]]:
    """Names and what they say, one by one."""
    async for chunk in data:
        for block in chunk.decode().split("\n\n"):
            lines = block.splitlines()
            for name in (line[7:] for line in lines if line.startswith("event: ")):
                text = "\n".join(line[6:] for line in lines if line.startswith("data: "))
                yield name, text if name == "about" else json.loads(text)


async def _until(
    events: AsyncIterator[tuple[str, Any]], wanted: Callable[[str, Any], bool]
) -> list[tuple[str, Any]]:
    """Events up to the first one that is wanted."""
    heard: list[tuple[str, Any]] = []
    try:
        async with asyncio.timeout(_PATIENCE_S):
            async for event in events:
                heard.append(event)
                if wanted(*event):
                    return heard
    except TimeoutError:
        pass
    raise AssertionError(f"It did not come; the last were {heard[-2:]}")


def _signals(heard: list[tuple[str, Any]]) -> list[str]:
    """Ids of all signals that a page shows after these events: a picture takes the place of what was before."""
    shown: list[Told] = []
    for name, told in heard:
        if name == "picture":
            shown = told["signals"]
        elif name == "signals":
            shown += told["signals"]
    return [each["signal_id"] for each in shown]


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    with scored_endpoint(tmp_path_factory.mktemp("home")) as running:
        yield running


def test_viewers_share_one_subscription_and_see_the_same(
    endpoint: RunningEndpoint, recorded: RecordedDay
) -> None:
    async def look() -> None:
        feeds, source = Feeds(), _source(endpoint)
        streams = [feeds.events(source, "SYNEUR", "") for _ in range(3)]
        viewers = [_events(each) for each in streams]
        for each in viewers:
            await _until(each, lambda name, told: name == "quote" and not told["problem"])
        assert (feeds.followed, feeds.viewers) == (1, 3)
        assert endpoint.server.config.app.state.endpoint.counters.connections["quotes"] == 1  # type: ignore[union-attr]
        signals = await asyncio.to_thread(_stream, endpoint, recorded, 0, 900)
        last = recorded.ticks[899].ts_us
        for each in viewers:
            heard = await _until(each, lambda name, told: name == "quote" and told["ts_us"] == last)
            while len(_signals(heard)) < len(signals):  # they come by a stream of their own
                heard += await _until(each, lambda name, _: name in ("signals", "picture"))
            assert not [each for each in heard if each[0] == "lost"]
            assert _signals(heard) == [signal["signal_id"] for signal in signals]
        heard = await _until(viewers[0], lambda name, told: name == "about" and "closed" in told)
        assert "no champion" not in heard[-1][1]
        for stream in streams:
            await stream.aclose()  # type: ignore[attr-defined]
        assert feeds.viewers == 0
        # Who looks now sees the day's signals at once, and its counts.
        late = _events(feeds.events(source, "SYNEUR", ""))
        ((_, picture),) = await _until(late, lambda name, _: name == "picture")
        assert [each["signal_id"] for each in picture["signals"]] == [each["signal_id"] for each in signals]
        assert picture["now"]["counts"]["signals"] == len(signals)
        await feeds.close()

    asyncio.run(look())


def test_an_endpoint_that_ends_and_comes_back_is_told_of(tmp_path: Path, recorded: RecordedDay) -> None:
    async def look() -> None:
        feeds = Feeds()
        with scored_endpoint(tmp_path) as running:
            source, port = _source(running), int(running.url.rsplit(":", 1)[1])
            events = _events(feeds.events(source, "SYNEUR", ""))
            first = await asyncio.to_thread(_stream, running, recorded, 0, 500)
            await _until(
                events, lambda name, told: name == "quote" and told["counts"]["signals"] == len(first)
            )
        heard = await _until(events, lambda name, told: name == "now" and bool(told["problem"]))
        assert "endpoint" in heard[-1][1]["problem"]
        with running_endpoint(tmp_path, port) as again:
            heard = await _until(events, lambda name, told: name == "quote" and not told["problem"])
            assert "restarted" in heard[-1][1]["note"]
            more = await asyncio.to_thread(_stream, again, recorded, 500, 560)
            every = len(first) + len(more)
            heard = await _until(
                events, lambda name, told: name == "signals" and told["counts"]["signals"] == every
            )
        assert more
        assert _signals(heard) == [signal["signal_id"] for signal in more], "each once, none of before again"
        await feeds.close()

    asyncio.run(look())


def test_nobody_there_is_said_with_the_next_step(tmp_path: Path) -> None:
    async def look() -> None:
        token = tmp_path / "endpoint.token"
        token.write_text("nobody")
        feeds = Feeds()
        events = _events(feeds.events(EndpointSource("http://127.0.0.1:9", token), "SYNEUR", ""))
        heard = await _until(events, lambda name, told: name == "now" and "127.0.0.1:9" in told["problem"])
        assert "ticklake endpoint" in heard[-1][1]["problem"]
        await feeds.close()

    asyncio.run(look())
