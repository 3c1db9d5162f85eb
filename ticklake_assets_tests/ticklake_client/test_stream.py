"""A feed over a connection that breaks: every tick once, every signal once, never more on the way than is allowed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from ticklake_assets_tests.ticklake_client.scripted_endpoint import WINDOW, scripted_endpoint
from ticklake_client import (
    Acknowledgement,
    Client,
    ConnectionLostError,
    FeedLostError,
    Tick,
    TicksRefusedError,
)


def _batches(seed: int, ticks: int = 150) -> list[list[Tick]]:
    """Batches of 0 to 9 ticks, each tick another."""
    drawn, batches, at = random.Random(seed), list[list[Tick]](), 0
    while at < ticks:
        size = min(drawn.randint(0, 9), ticks - at)
        batches.append([Tick(at + n, 1.0 + at + n, 2.0 + at + n, None, float("nan")) for n in range(size)])
        at += size
    return batches


@pytest.mark.parametrize("seed", range(6))
def test_no_tick_and_no_signal_is_lost_or_doubled(seed: int) -> None:
    batches = _batches(seed)
    ticks = [tick for batch in batches for tick in batch]

    async def feed() -> tuple[list[Acknowledgement], int]:
        async with (
            scripted_endpoint(seed, drops=0.3) as (scripted, url),
            Client(url, "").stream("S", "D") as stream,
        ):
            await stream.start()
            told = [each async for each in stream.feed(batches)]
            assert [(seq, row[0], row[1]) for seq, row in scripted.remembered] == [
                (seq, tick.ts_us, tick.bid) for seq, tick in enumerate(ticks, 1)
            ]
            assert scripted.most_on_the_way <= WINDOW
            return told, scripted.connections

    told, connections = asyncio.run(feed())
    assert connections > 3
    assert [each.seq for each in told] == sorted({each.seq for each in told})
    assert told[-1].seq == len(ticks)
    assert [signal.seq for each in told for signal in each.signals] == list(range(3, len(ticks) + 1, 3))
    assert [other.seq for each in told for other in each.not_clean] == list(range(7, len(ticks) + 1, 7))


def test_it_sends_on_without_waiting_up_to_the_window() -> None:
    async def most() -> int:
        async with scripted_endpoint() as (scripted, url), Client(url, "").stream("S", "D") as stream:
            await stream.start()
            async for _ in stream.feed(_batches(0)):
                pass
            return scripted.most_on_the_way

    assert WINDOW - 5 < asyncio.run(most()) <= WINDOW


def test_who_does_not_read_answers_is_made_to_wait() -> None:
    taken: list[int] = []

    async def source() -> AsyncIterator[list[Tick]]:
        for at in range(100):
            taken.append(at)
            yield [Tick(at, 1.0, 2.0)]

    async def hesitate() -> None:
        async with scripted_endpoint() as (_, url), Client(url, "").stream("S", "D") as stream:
            async for _ in stream.feed(source()):
                await asyncio.sleep(0.3)
                assert len(taken) <= WINDOW + 16 + 3  # the acknowledgements that wait unread count, too
                return

    asyncio.run(hesitate())


def test_single_batches_are_numbered_on_and_a_new_program_goes_on() -> None:
    async def talk() -> None:
        async with scripted_endpoint() as (scripted, url):
            async with Client(url, "").stream("S", "D") as stream:
                first = await stream.send([Tick(1, 1.0, 2.0)] * 7)
                assert (first.seq, [signal.seq for signal in first.signals]) == (7, [3, 6])
            async with Client(url, "").stream("S", "D") as stream:
                standing = await stream.resume(acknowledged=4)
                assert [signal.seq for signal in standing.signals or ()] == [6]
                assert stream.next_seq == 8
                assert (await stream.send([Tick(2, 1.0, 2.0)])).seq == 8
            assert len(scripted.remembered) == 8

    asyncio.run(talk())


@pytest.mark.parametrize("tick", [Tick(1.5, 1.0, 2.0), Tick(1, "1", 2.0), Tick(True, 1.0, 2.0)])  # type: ignore[arg-type]
def test_a_tick_of_wrong_types_is_not_sent(tick: Tick) -> None:
    async def talk() -> None:
        async with scripted_endpoint() as (scripted, url), Client(url, "").stream("S", "D") as stream:
            with pytest.raises(TicksRefusedError, match="Expected whole microseconds"):
                await stream.send([tick])
            assert scripted.remembered == []
            assert (await stream.send([Tick(1, 1.0, 2.0)])).seq == 1

    asyncio.run(talk())


def test_an_endpoint_that_forgot_what_it_acknowledged_is_an_error() -> None:
    async def talk() -> None:
        async with scripted_endpoint() as (scripted, url), Client(url, "").stream("S", "D") as stream:
            await stream.send([Tick(1, 1.0, 2.0)] * 5)
            scripted.forgets = True
            with pytest.raises(FeedLostError, match="Expected tick 5, was 0"):
                await stream.send([Tick(1, 1.0, 2.0)])

    asyncio.run(talk())


def test_patience_ends() -> None:
    async def talk() -> None:
        async with scripted_endpoint() as (_, url):
            stream = await Client(url, "", patience_s=0.3).stream("S", "D").__aenter__()
            await stream.send([Tick(1, 1.0, 2.0)])
        with pytest.raises(ConnectionLostError, match="does not answer"):
            await stream.send([Tick(1, 1.0, 2.0)])

    asyncio.run(talk())
