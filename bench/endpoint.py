"""What a live tick costs: round trip through a real WebSocket, the server's own share, and its parts.

`python -m bench.endpoint` prints the rows. The endpoint runs in a process of its own on the same machine, with
an XGBoost model of the default size; one client asks in lock-step. Beside it an echo through the same server
stack, the least that a round trip can cost. Parity with the batch is asserted before anything is reported.
"""

from __future__ import annotations

import asyncio
import io
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import uvicorn
import xgboost
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import connect

from mt5_bridge.ticks.csv_feed import read_ticks
from mt5_bridge.wire.client import EndpointClient
from mt5_bridge.wire.contract import Tick
from serving.endpoint.access.owner_token import endpoint_token
from serving.endpoint.feed.day_stream import DayStream
from serving.endpoint.feed.desk import Desk
from serving.endpoint.feed.messages import Tick as ReadTick
from serving.endpoint.feed.messages import read_message
from serving.endpoint.journal.journals import Journals
from serving.endpoint.models.store import ModelStore
from serving.endpoint.telemetry.counters import Counters
from serving.endpoint.watch.watches import Watches
from ticklake_assets.core.features import features_of_day
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.labels import label_day
from ticklake_assets.core.live_cleaner import LiveCleaner, clean_day_live
from ticklake_assets.core.symbol_day import MICROS_PER_DAY, SymbolDay
from ticklake_assets.core.tables import Events
from ticklake_assets.modeling.deployed.decision import MarketEvent, decide
from ticklake_assets.modeling.fitting.pattern import PatternParameters, fit_pattern, to_onnx
from ticklake_assets.sources.landing_csv import publish_day
from ticklake_assets.sources.synthetic import synthetic_day
from ticklake_assets_tests.serving.deployments import make_deployment

DAY = SymbolDay("SYNEUR", date(2024, 1, 17))
TRAIN_DAYS = 4


def run(most_ticks: int = 30_000) -> list[dict[str, object]]:
    """Microseconds a tick; the first 200 ticks of each series warm up and do not count."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        csv = publish_day(folder / "landing", DAY, synthetic_day(DAY, 1, 1.0)).path
        ticks = read_ticks(csv)[:most_ticks]
        home = folder / "home"
        deployment = make_deployment(home / "keys", DAY.symbol, pattern_onnx=pattern_model())
        rows = [summary_row("echo through the same stack, round trip", _echo(ticks[:5000]))]
        rows += _through_the_endpoint(home, deployment, ticks)
        rows += _parts(home, ticks)
    return rows


def summary_row(what: str, seconds: array[float], **more: object) -> dict[str, object]:
    kept = np.asarray(seconds)[min(200, len(seconds) // 2) :] * 1e6
    return {
        "what": what,
        "p50 us": round(float(np.quantile(kept, 0.5)), 1),
        "p99 us": round(float(np.quantile(kept, 0.99)), 1),
        "a second": round(1e6 / statistics.fmean(kept)),
        **more,
    }


def _through_the_endpoint(home: Path, deployment: bytes, ticks: list[Tick]) -> list[dict[str, object]]:
    headers = {"Authorization": f"Bearer {endpoint_token(home / 'keys')}"}
    with running_server(home) as (_, url):
        httpx.post(url + "/v1/bundles", content=deployment, headers=headers).raise_for_status()
        client = EndpointClient(url, endpoint_token(home / "keys"))
        asyncio.run(_ask_all(client, ticks))
        stats = client.stats()
        served = httpx.get(f"{url}/v1/served/{DAY.symbol}/{DAY.trading_day}", headers=headers)
    _assert_parity(np.load(io.BytesIO(served.content), allow_pickle=False), ticks)
    return [
        summary_row("tick, round trip", client.round_trips, ticks=stats["ticks"], events=stats["signals"]),
        {
            "what": "tick, server-side",
            "p50 us": round(1e3 * stats["p50_ms"], 1),
            "p99 us": round(1e3 * stats["p99_ms"], 1),
        },
    ]


async def _ask_all(client: EndpointClient, ticks: list[Tick]) -> None:
    async with client.stream(DAY.symbol, DAY.trading_day.isoformat()) as stream:
        await stream.start()
        for tick in ticks:
            await stream.ask(tick)


def _assert_parity(matrix: np.ndarray, ticks: list[Tick]) -> None:
    batch = features_of_day(DAY, clean_day_live(DAY, (tick[1:] for tick in ticks)))
    assert np.array_equal(matrix[:, 0], batch.ts_us), "the endpoint made other events than the batch"
    assert np.ascontiguousarray(matrix[:, 1:]).tobytes() == batch.features.tobytes(), (
        "other bits than the batch"
    )


def _parts(home: Path, ticks: list[Tick]) -> list[dict[str, object]]:
    """The server's work on one tick, in this process, without sockets."""
    models = ModelStore(home / "endpoint" / "models", home / "keys")
    (model,) = models.of(DAY.symbol)
    bundle = model.deployment.bundle
    messages = [read_message(tick.message()) for tick in ticks]
    cleaner = LiveCleaner(DAY)
    batch = features_of_day(DAY, clean_day_live(DAY, (tick[1:] for tick in ticks)))
    events = [
        MarketEvent.at(int(ts), context, bundle.instrument)
        for ts, context in zip(batch.ts_us, batch.context, strict=True)
    ]
    plain, eventful = array("d"), array("d")
    with _desk(models, home / "parts") as desk:
        stream = DayStream.begin(desk, DAY, complete=True, rolls=False)
        for message in messages:
            assert isinstance(message, ReadTick)
            began = time.perf_counter()
            _, signals = stream.take_tick(message, desk.now_us())
            (eventful if signals else plain).append(time.perf_counter() - began)
        stream.close()
    texts = [tick.message() for tick in ticks]
    predictions = [model.scorer.score(row) for row in batch.features]
    return [
        summary_row("read a message", _timed(read_message, [(text,) for text in texts])),
        summary_row("clean a tick", _timed(cleaner.push, [tick[1:] for tick in ticks])),
        summary_row("tick without an event, journaled", plain),
        summary_row("score an event", _timed(model.scorer.score, [(row,) for row in batch.features])),
        summary_row(
            "decide an event",
            _timed(
                decide,
                [
                    (event, prediction, bundle.thresholds, bundle.instrument)
                    for event, prediction in zip(events, predictions, strict=True)
                ],
            ),
        ),
        summary_row("tick with an event, journaled", eventful),
    ]


@contextmanager
def _desk(models: ModelStore, folder: Path) -> Iterator[Desk]:
    desk = Desk(models, Counters(), Journals(folder), Watches(folder / "watch", models))
    yield desk
    desk.close()


def _timed(call: Callable[..., object], arguments: list[tuple[object, ...]]) -> array[float]:
    seconds = array("d")
    for each in arguments:
        began = time.perf_counter()
        call(*each)
        seconds.append(time.perf_counter() - began)
    return seconds


def pattern_model() -> bytes:
    """The pattern model at its default size, as the endpoint loads it."""
    return to_onnx(booster())


def booster() -> xgboost.Booster:
    """The same as it was fitted, on the days before."""
    days = [_events(DAY.shifted(-back)) for back in range(TRAIN_DAYS, 0, -1)]
    return fit_pattern(_joined(days), PatternParameters(), seed=1)


def _events(day: SymbolDay) -> Events:
    table = synthetic_day(day, 1, 1.0).to_pydict()
    times = (round(ts.timestamp() * 1e6) for ts in table["ts_event"])
    columns = (table[name] for name in ("bid", "ask", "bid_size", "ask_size"))
    quotes = clean_day_live(day, zip(times, *columns, strict=True))
    found = features_of_day(day, quotes)
    labels = label_day(day, quotes, found, instrument_of(day.symbol))
    return Events(
        day=found.ts_us // MICROS_PER_DAY,
        ts_us=found.ts_us,
        bid=found.context[:, 0],
        ask=found.context[:, 1],
        features=found.features,
        **labels._asdict(),
    )


def _joined(days: list[Any]) -> Any:
    """Concatenate tuples of arrays, however deep."""
    if isinstance(days[0], np.ndarray):
        return np.concatenate(days)
    return type(days[0])(*(_joined(list(each)) for each in zip(*days, strict=True)))


def _echo(ticks: list[Tick]) -> array[float]:
    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            while True:
                await websocket.send_text(await websocket.receive_text())
        except WebSocketDisconnect:
            return

    async def ask(port: int) -> array[float]:
        seconds = array("d")
        async with connect(f"ws://127.0.0.1:{port}/", compression=None, proxy=None) as connection:
            for tick in ticks:
                message = tick.message()
                began = time.perf_counter()
                await connection.send(message)
                await connection.recv()
                seconds.append(time.perf_counter() - began)
        return seconds

    port, child = free_port(), os.fork()
    if child == 0:
        app = Starlette(routes=[WebSocketRoute("/", echo)])
        uvicorn.run(
            app, port=port, ws="websockets-sansio", ws_per_message_deflate=False, log_level="critical"
        )
        os._exit(0)
    try:
        wait_for(f"http://127.0.0.1:{port}/")
        return asyncio.run(ask(port))
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


@contextmanager
def running_server(home: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    port = free_port()
    command = [sys.executable, "-m", "serving.endpoint", "--port", str(port)]
    process = subprocess.Popen(
        command, env={**os.environ, "TICKLAKE_HOME": str(home), "TICKLAKE_LOG_LEVEL": "warning"}
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url + "/healthz")
        yield process, url
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def wait_for(url: str) -> None:
    for _ in range(1200):
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(url)


def main() -> None:
    for row in run():
        print(row)


if __name__ == "__main__":
    main()
