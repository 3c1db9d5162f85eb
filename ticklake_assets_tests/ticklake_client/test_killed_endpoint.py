"""An endpoint that is killed in mid-stream: the journal has every tick once, and readers hear every signal once."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from serving.endpoint.access.owner_token import endpoint_token
from ticklake_assets.core.cleaning import RawColumns
from ticklake_assets.journal.reading import read_newest
from ticklake_assets.settings import Settings
from ticklake_assets_tests.serving.deployments import make_deployment
from ticklake_assets_tests.serving.endpoint_process import endpoint_process, free_port
from ticklake_assets_tests.serving.recorded_day import DAY, RecordedDay, record_day
from ticklake_client import Acknowledgement, Client, SignalEvent, Tick

_BATCH = 10


class Killed:
    """An endpoint on one port that can be killed and started again; both take a moment, so they are done aside."""

    def __init__(self, home: Path, stack: ExitStack) -> None:
        self._home, self._stack, self._port = home, stack, free_port()
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> str:
        self.process, url = self._stack.enter_context(endpoint_process(self._home, port=self._port))
        return url

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()


async def _source(
    recorded: RecordedDay, endpoint: Killed, kills: list[int], heard: list[SignalEvent]
) -> AsyncIterator[list[Tick]]:
    ticks = [Tick(*tick[1:]) for tick in recorded.ticks]
    for at in range(0, len(ticks), _BATCH):
        if at in kills:
            while not heard:  # the reader is there
                await asyncio.sleep(0.01)
            endpoint.kill()
            await asyncio.to_thread(endpoint.start)
        yield ticks[at : at + _BATCH]


async def _feed(
    client: Client, recorded: RecordedDay, endpoint: Killed, kills: list[int]
) -> tuple[list[Acknowledgement], list[SignalEvent]]:
    heard: list[SignalEvent] = []

    async def read() -> None:
        async for event in client.signals("SYNEUR", "2024-01-17"):
            heard.append(event)  # noqa: PERF401 - it never ends

    reading = asyncio.create_task(read())
    async with client.stream("SYNEUR", "2024-01-17") as stream:
        await stream.start()
        told = [each async for each in stream.feed(_source(recorded, endpoint, kills, heard))]
    signals = sum(len(each.signals) for each in told)
    for _ in range(400):
        if len(heard) >= signals:
            break
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.1)  # for one too many
    reading.cancel()
    return told, heard


def _stream_through(home: Path, recorded: RecordedDay, kills: list[int]) -> None:
    settings = Settings(home=home)
    with ExitStack() as stack:
        endpoint = Killed(home, stack)
        url, token = endpoint.start(), endpoint_token(settings.keys_dir)
        deployment = make_deployment(settings.keys_dir, "SYNEUR")
        headers = {"Authorization": f"Bearer {token}"}
        pushed = httpx.post(f"{url}/v1/bundles", content=deployment, headers=headers, timeout=30)
        assert pushed.status_code == 201
        told, heard = asyncio.run(_feed(Client(url, token), recorded, endpoint, kills))
    journaled = read_newest(settings.journals, DAY)
    batches = list(journaled.batches)
    assert journaled.complete
    assert [batch.first_seq for batch in batches][1:] == [batch.last_seq + 1 for batch in batches][:-1]
    assert RawColumns.joined([each.ticks for each in batches]).as_bytes() == recorded.columns().as_bytes()
    written = [signals[0]["signal_id"] for batch in batches for signals in batch.signals]
    assert len(written) > 100
    assert [signal.signal_id for each in told for signal in each.signals] == written
    assert [event.signal.signal_id for event in heard] == written


def test_one_kill(tmp_path: Path) -> None:
    _stream_through(tmp_path / "home", record_day(tmp_path / "landing", ticks=1000), [500])


@pytest.mark.slow
def test_many_kills(tmp_path: Path) -> None:
    _stream_through(tmp_path / "home", record_day(tmp_path / "landing"), list(range(200, 1500, 200)))
