"""The endpoint as a process of its own: started, killed, restarted."""

from __future__ import annotations

import asyncio
import logging
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from mt5_bridge.errors import ConnectionLost
from mt5_bridge.wire.client import EndpointClient, Stream
from mt5_bridge.wire.contract import Resumed, Tick
from serving.endpoint.access.owner_token import endpoint_token
from serving.endpoint.server import not_a_refused_stream
from ticklake_assets.journal.reading import read_served
from ticklake_assets_tests.serving.deployments import make_deployment
from ticklake_assets_tests.serving.endpoint_process import endpoint_process
from ticklake_assets_tests.serving.recorded_day import record_day
from ticklake_assets_tests.serving.running_endpoint import running_endpoint


def test_a_folder_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for variable in ("TICKLAKE_HOME", "TICKLAKE_ENDPOINT_DIR"):
        folder = tmp_path / "file" / "under"
        environment = {"TICKLAKE_HOME": str(tmp_path / "home"), "PATH": "", variable: str(folder)}
        command = [sys.executable, "-m", "serving.endpoint", "--port", "0"]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 1
        assert done.stderr.startswith("endpoint: the disk refuses ")
        assert done.stderr.endswith(f"{variable}, was {folder}\n")
        assert done.stderr.count("\n") == 1


def _client(home: Path, url: str) -> EndpointClient:
    return EndpointClient(url, endpoint_token(home / "keys"))


async def _talk_on(stream: Stream) -> None:
    while True:
        await stream.resume()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_whatever_ends_it_what_was_answered_is_on_disk_and_models_come_back(
    tmp_path: Path, how: signal.Signals
) -> None:
    home, recorded = tmp_path / "home", record_day(tmp_path / "landing", ticks=600)
    half = len(recorded.ticks) // 2

    async def stream_half(client: EndpointClient, process: subprocess.Popen[str]) -> int:
        async with client.stream("SYNEUR", recorded.day.trading_day.isoformat()) as stream:
            await stream.start()
            answers = [await stream.ask(tick) for tick in recorded.ticks[:half]]
            process.send_signal(how)
            with pytest.raises(ConnectionLost):
                await _talk_on(stream)
            return sum(answer.signal is not None for answer in answers)

    with endpoint_process(home) as (process, url):
        deployment = make_deployment(home / "keys", "SYNEUR")
        headers = {"Authorization": f"Bearer {endpoint_token(home / 'keys')}"}
        assert httpx.post(url + "/v1/bundles", content=deployment, headers=headers).status_code == 201
        signals = asyncio.run(stream_half(_client(home, url), process))
        errors = process.communicate(timeout=30)[1]
    assert "Traceback" not in errors
    if how is signal.SIGTERM:
        # uvicorn ends as the signal would have ended it, after it has shut down.
        assert process.returncode in {0, -signal.SIGTERM}
    assert len(read_served(home / "endpoint" / "journal", recorded.day).matrix) == signals > 10

    async def stands(client: EndpointClient) -> Resumed:
        async with client.stream("SYNEUR", recorded.day.trading_day.isoformat()) as stream:
            return await stream.resume()

    with running_endpoint(home) as again:
        (model,) = again.get("/v1/models").json()
        assert model["mode"] == "live"
        assert asyncio.run(stands(again.client)) == Resumed(half, True)


def test_it_leaves_nothing_in_the_users_home(tmp_path: Path) -> None:
    """ONNX Runtime with its telemetry on would keep a device id and a queue of events there."""
    home, user_home = tmp_path / "home", tmp_path / "user"
    user_home.mkdir()
    with endpoint_process(home, user_home) as (process, url):
        deployment = make_deployment(home / "keys", "SYNEUR")
        headers = {"Authorization": f"Bearer {endpoint_token(home / 'keys')}"}
        assert httpx.post(url + "/v1/bundles", content=deployment, headers=headers).status_code == 201
        process.terminate()
        process.communicate(timeout=30)
    assert list(user_home.rglob("*")) == []


def test_it_listens_on_this_machine_only(tmp_path: Path) -> None:
    with running_endpoint(tmp_path) as endpoint:
        assert {each.getsockname()[0] for each in endpoint.server.servers[0].sockets} == {"127.0.0.1"}


def test_a_client_that_hangs_up_does_not_disturb_the_others(tmp_path: Path) -> None:
    async def talk(client: EndpointClient) -> None:
        async with client.stream("SYNEUR", "1970-01-01") as steady:
            await steady.start()
            for seq in range(1, 20):
                async with client.stream("SYNJPY", "1970-01-01") as hasty:
                    await hasty.start()
                tick = Tick(seq, seq, 1.1, 1.2, 1.0, 1.0)
                assert (await steady.ask(tick)).status in {"clean", "quarantined"}

    with running_endpoint(tmp_path) as endpoint:
        asyncio.run(talk(endpoint.client))


def test_only_the_bogus_error_of_a_refused_stream_is_kept_from_the_log() -> None:
    bogus = logging.makeLogRecord({"msg": "ASGI callable returned without completing handshake."})
    real = logging.makeLogRecord({"msg": "Exception in ASGI application\n"})
    assert not not_a_refused_stream(bogus)
    assert not_a_refused_stream(real)


def test_a_second_endpoint_on_a_folder_is_refused(tmp_path: Path) -> None:
    environment = {"TICKLAKE_HOME": str(tmp_path), "PATH": ""}
    command = [sys.executable, "-m", "serving.endpoint", "--port", "0"]
    with running_endpoint(tmp_path):
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=60
        )
    assert done.returncode == 1
    assert done.stderr == (
        f"endpoint: An endpoint runs already on {tmp_path}/endpoint. Expected one a folder (TICKLAKE_ENDPOINT_DIR)\n"
    )
    with running_endpoint(tmp_path):
        pass
