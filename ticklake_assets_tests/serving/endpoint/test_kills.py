"""The endpoint killed at any moment: what it acknowledged is there, and signals are those of a run without a kill."""

from __future__ import annotations

import json
import random
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect

from serving.endpoint.access.owner_token import endpoint_token
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.journal.reading import read_newest, read_served
from ticklake_assets_tests.serving.deployments import make_deployment
from ticklake_assets_tests.serving.endpoint_process import endpoint_process
from ticklake_assets_tests.serving.recorded_day import DAY, record_day
from ticklake_assets_tests.serving.running_endpoint import running_endpoint

_Rows = list[list[Any]]
NEXT = DAY.shifted(1)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> _Rows:
    """Two days of a feed without wrong days, as a client has them."""
    landing = tmp_path_factory.mktemp("landing")
    ticks = [tick for day in (DAY, NEXT) for tick in record_day(landing, day, ticks=3000).ticks]
    told = [json.loads(tick.message()) for tick in ticks]
    table = [[each[name] for name in ("ts_us", "bid", "ask", "bid_size", "ask_size")] for each in told]
    return [row for row in table if row[0] is not None and DAY.start_us <= row[0] < NEXT.end_us]


class Client:
    """A client that keeps what it was told, and comes back after each lost connection."""

    def __init__(self, rows: _Rows, rng: random.Random) -> None:
        self.rows = rows
        self.acknowledged = 0
        self.signals: list[dict[str, Any]] = []
        self._rng = rng

    def run(self, url: str, token: str) -> None:
        """Stream on until all is acknowledged, or the server is gone."""
        address = f"{url.replace('http', 'ws')}/v1/stream/SYNEUR/2024-01-17"
        headers = {"Authorization": f"Bearer {token}"}
        with connect(address, additional_headers=headers, proxy=None, max_size=None) as stream:
            stream.send(json.dumps({"type": "resume", "acknowledged": self.acknowledged}))
            stands = json.loads(stream.recv())
            if stands["last_seq"] is None:
                assert self.acknowledged == 0, "acknowledged ticks are gone"
                stream.send('{"type":"start","complete":true}')
                stands = json.loads(stream.recv())
            assert (stands["last_seq"] or 0) >= self.acknowledged
            assert stands["complete"]
            self._told(stands, stands["last_seq"] or 0)
            self._send_on(stream)

    def _send_on(self, stream: ClientConnection) -> None:
        while self.acknowledged < len(self.rows):
            sent, waiting = self.acknowledged, 0
            for _ in range(self._rng.randint(1, 4)):
                end = min(sent + self._rng.randint(1, 150), len(self.rows))
                if end > sent:
                    stream.send(json.dumps({"type": "ticks", "seq": sent + 1, "rows": self.rows[sent:end]}))
                    waiting += 1
                sent = end
            for _ in range(waiting):
                ack = json.loads(stream.recv())
                self._told(ack, ack["seq"])

    def _told(self, answer: dict[str, Any], seq: int) -> None:
        self.signals += answer.get("signals", ())
        self.acknowledged = seq


def _uninterrupted(home: Path, rows: _Rows) -> tuple[list[dict[str, Any]], dict[SymbolDay, bytes]]:
    client = Client(rows, random.Random(1))
    with running_endpoint(home) as endpoint:
        assert endpoint.push(make_deployment(endpoint.settings.keys_dir, "SYNEUR")).status_code == 201
        client.run(endpoint.url, endpoint.token)
    return client.signals, _features(home)


def _features(home: Path) -> dict[SymbolDay, bytes]:
    root = home / "endpoint" / "journal"
    return {day: read_served(root, day).matrix.tobytes() for day in (DAY, NEXT)}


def _without_bundle(signals: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Two homes sign the same model differently; everything else is compared."""
    return [
        {key: value for key, value in each.items() if key not in ("bundle", "signal_id")} for each in signals
    ]


def _killed_run(home: Path, rows: _Rows, kills: int, seed: int) -> Client:
    """Stream the rows while the endpoint is killed so many times, each time somewhere else."""
    rng = random.Random(seed)
    client = Client(rows, rng)
    deployment = None
    step = len(rows) / (kills + 1)
    for number in range(kills + 1):
        with endpoint_process(home) as (process, url):
            if deployment is None:
                deployment = make_deployment(home / "keys", "SYNEUR")
                headers = {"Authorization": f"Bearer {endpoint_token(home / 'keys')}"}
                assert httpx.post(url + "/v1/bundles", content=deployment, headers=headers).status_code == 201
            token = endpoint_token(home / "keys")
            if number < kills:
                killer = threading.Thread(
                    target=_kill_at, args=(process, client, (number + rng.random()) * step)
                )
                killer.start()
                with suppress(ConnectionClosed, InvalidHandshake, OSError, EOFError):
                    client.run(url, token)
                killer.join()
            else:
                client.run(url, token)
            process.kill()
            process.communicate(timeout=30)
    return client


def _kill_at(process: Any, client: Client, place: float) -> None:
    deadline = time.monotonic() + 60
    while client.acknowledged < place and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.0005)
    process.kill()


def _assert_nothing_lost(home: Path, rows: _Rows, client: Client, whole: tuple[Any, Any]) -> None:
    signals, features = whole
    assert client.acknowledged == len(rows)
    assert _without_bundle(client.signals) == _without_bundle(signals)
    assert _features(home) == features
    root = home / "endpoint" / "journal"
    numbers = [
        batch.first_seq + at
        for day in (DAY, NEXT)
        for batch in read_newest(root, day).batches
        for at in range(len(batch.codes))
    ]
    assert numbers == list(range(1, len(rows) + 1))
    assert all(read_newest(root, day).complete for day in (DAY, NEXT))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, rows: _Rows) -> tuple[Any, Any]:
    signals, features = _uninterrupted(tmp_path_factory.mktemp("whole"), rows)
    assert len(signals) > 200
    return signals, features


def test_killed_a_few_times_nothing_is_lost_and_every_bit_is_the_same(
    tmp_path: Path, rows: _Rows, whole: tuple[Any, Any]
) -> None:
    client = _killed_run(tmp_path, rows, kills=3, seed=7)
    _assert_nothing_lost(tmp_path, rows, client, whole)


@pytest.mark.slow
def test_killed_fifty_times_nothing_is_lost_and_every_bit_is_the_same(
    tmp_path: Path, rows: _Rows, whole: tuple[Any, Any]
) -> None:
    client = _killed_run(tmp_path, rows, kills=50, seed=11)
    _assert_nothing_lost(tmp_path, rows, client, whole)
