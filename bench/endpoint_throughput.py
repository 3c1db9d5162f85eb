"""How many ticks a second the endpoint takes in: a day in batches, single ticks sent on, and many symbols at once.

`python -m bench.endpoint_throughput` prints the rows. The endpoint is a process of its own; every tick is journaled
before it is acknowledged. The features that were served are held against the batch's bits before a figure is told.
"""

from __future__ import annotations

import asyncio
import io
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np
import orjson
import psutil
from websockets.asyncio.client import ClientConnection, connect

from bench.endpoint import DAY, pattern_model, running_server
from mt5_bridge.ticks.csv_feed import read_ticks
from mt5_bridge.wire.contract import Tick
from serving.endpoint.access.owner_token import endpoint_token
from ticklake_assets.core.features import features_of_day
from ticklake_assets.core.live_cleaner import clean_day_live
from ticklake_assets.core.symbol_day import MICROS_PER_DAY, SymbolDay
from ticklake_assets.sources.landing_csv import publish_day
from ticklake_assets.sources.synthetic import Market, synthetic_day
from ticklake_assets_tests.serving.deployments import make_deployment

BATCH = 4096
TICKS = 200_000
MANY_DAYS = 50
PACED_SYMBOLS, PACED_A_SECOND, PACED_SECONDS = 30, 2000, 20


def run() -> list[dict[str, object]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home = folder / "home"
        market = Market(ticks_a_day=TICKS)
        csv = publish_day(folder / "landing", DAY, synthetic_day(DAY, 1, 1.0, market)).path
        ticks = read_ticks(csv)
        deployment = make_deployment(home / "keys", DAY.symbol, pattern_onnx=pattern_model())
        headers = {"Authorization": f"Bearer {endpoint_token(home / 'keys')}"}
        with running_server(home) as (process, url):
            httpx.post(url + "/v1/bundles", content=deployment, headers=headers).raise_for_status()
            rows = []
            for how, talk in (("in batches of 4,096", _in_batches), ("one a message, sent on", _pipelined)):
                before = psutil.Process(process.pid).memory_info().rss
                seconds, signals = asyncio.run(talk(url, headers, DAY, ticks))
                _assert_parity(url, headers, ticks)
                after = psutil.Process(process.pid).memory_info().rss
                rows.append(
                    {
                        "what": f"a day {how}, journaled",
                        "ticks": len(ticks),
                        "signals": signals,
                        "a second": round(len(ticks) / seconds),
                        "grown MiB": round((after - before) / 2**20, 1),
                    }
                )
            rows.append(asyncio.run(_paced(url, headers, ticks)))
            rows.append(asyncio.run(_many_days(url, headers, ticks, process.pid)))
    return rows


def _address(url: str, day: SymbolDay) -> str:
    return f"{url.replace('http', 'ws')}/v1/stream/{day.symbol}/{day.trading_day}"


async def _in_batches(
    url: str, headers: dict[str, str], day: SymbolDay, ticks: list[Tick]
) -> tuple[float, int]:
    names = Tick._fields[1:]
    messages = [
        orjson.dumps(
            {"type": "ticks", "seq": part[0].seq, **{n: [getattr(t, n) for t in part] for n in names}}
        ).decode()
        for part in (ticks[at : at + BATCH] for at in range(0, len(ticks), BATCH))
    ]
    return await _sent_on(url, headers, day, messages, len(ticks), pipelined=False)


async def _pipelined(
    url: str, headers: dict[str, str], day: SymbolDay, ticks: list[Tick]
) -> tuple[float, int]:
    return await _sent_on(url, headers, day, [tick.message() for tick in ticks], len(ticks), pipelined=True)


async def _sent_on(
    url: str, headers: dict[str, str], day: SymbolDay, messages: list[str], last: int, *, pipelined: bool
) -> tuple[float, int]:
    """Send without waiting; seconds from the first message to the last acknowledgement, and the signals heard."""
    opening = connect(
        _address(url, day), additional_headers=headers, compression=None, max_size=None, proxy=None
    )
    async with opening as stream:
        start = {"type": "start", "complete": True, "rolls": False, "pipelined": pipelined}
        await stream.send(orjson.dumps(start).decode())
        await stream.recv()
        began = time.perf_counter()
        sending = asyncio.create_task(_send_all(stream, messages))
        signals, seq = 0, 0
        while seq < last:
            answer = orjson.loads(await stream.recv())
            seq = answer["seq"]
            signals += len(answer["signals"])
        await sending
        return time.perf_counter() - began, signals


async def _send_all(stream: ClientConnection, messages: list[str]) -> None:
    for message in messages:
        await stream.send(message)


async def _many_days(url: str, headers: dict[str, str], ticks: list[Tick], pid: int) -> dict[str, object]:
    """The same day again and again, each a day later, on one connection: does memory grow?"""
    table = [list(tick[1:]) for tick in ticks]
    memory = psutil.Process(pid).memory_info
    day = DAY.shifted(1)
    opening = connect(
        _address(url, day), additional_headers=headers, compression=None, max_size=None, proxy=None
    )
    seq, seconds, seen = 0, 0.0, []
    async with opening as stream:
        await stream.send('{"type":"start","complete":true}')
        await stream.recv()
        for number in range(1, MANY_DAYS + 1):
            shift_us = number * MICROS_PER_DAY
            for at in range(0, len(table), BATCH):
                rows = [[(ts or 0) + shift_us, *rest] for ts, *rest in table[at : at + BATCH]]
                message = orjson.dumps({"type": "ticks", "seq": seq + 1, "rows": rows}).decode()
                began = time.perf_counter()
                await stream.send(message)
                answer = orjson.loads(await stream.recv())
                seconds += time.perf_counter() - began
                seq += len(rows)
                assert answer["seq"] == seq, answer
            seen.append(memory().rss / 2**20)
    return {
        "what": f"{MANY_DAYS} days over their midnights, in batches, each awaited",
        "ticks": seq,
        "a second": round(seq / seconds),
        "RSS MiB after 5 days": round(seen[4], 1),
        "at the end": round(seen[-1], 1),
    }


async def _paced(url: str, headers: dict[str, str], ticks: list[Tick]) -> dict[str, object]:
    """Many symbols at once, single ticks at a steady rate: how long each answer takes."""
    days = [DAY.shifted(-1 - at) for at in range(PACED_SYMBOLS)]
    round_trips: list[float] = []
    each = PACED_A_SECOND / PACED_SYMBOLS

    async def one(number: int, day: SymbolDay) -> None:
        opening = connect(_address(url, day), additional_headers=headers, compression=None, proxy=None)
        async with opening as stream:
            await stream.send('{"type":"start","complete":true}')
            await stream.recv()
            begin = time.perf_counter() + number / PACED_A_SECOND
            shift_us = day.start_us - DAY.start_us
            for at in range(round(each * PACED_SECONDS)):
                await asyncio.sleep(max(0.0, begin + at / each - time.perf_counter()))
                tick = ticks[at]
                message = tick._replace(ts_us=(tick.ts_us or 0) + shift_us).message()
                sent = time.perf_counter()
                await stream.send(message)
                await stream.recv()
                round_trips.append(time.perf_counter() - sent)

    await asyncio.gather(*(one(number, day) for number, day in enumerate(days)))
    p50, p99 = np.quantile(round_trips, (0.5, 0.99)) * 1e6
    return {
        "what": f"{PACED_SYMBOLS} feeds at once, {PACED_A_SECOND} ticks a second in all",
        "ticks": len(round_trips),
        "p50 us": round(float(p50), 1),
        "p99 us": round(float(p99), 1),
    }


def _assert_parity(url: str, headers: dict[str, str], ticks: list[Tick]) -> None:
    served = httpx.get(f"{url}/v1/served/{DAY.symbol}/{DAY.trading_day}", headers=headers, timeout=60)
    matrix = np.load(io.BytesIO(served.content), allow_pickle=False)
    batch = features_of_day(DAY, clean_day_live(DAY, (tick[1:] for tick in ticks)))
    assert np.array_equal(matrix[:, 0], batch.ts_us), "the endpoint made other events than the batch"
    assert np.ascontiguousarray(matrix[:, 1:]).tobytes() == batch.features.tobytes(), "other bits"


def main() -> None:
    for row in run():
        print(row)


if __name__ == "__main__":
    main()
