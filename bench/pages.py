"""What 20 browsers on the live page cost the endpoint: round trips of paced ticks, without and with them in turns.

`python -m bench pages`. Endpoint, pages and viewers are processes of their own; the client sends 500 ticks a second, a
busy second of a major, and asks for each answer. Turns of a few seconds each alternate, so that whatever else the
machine does meets both alike.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from bench.endpoint import DAY, free_port, pattern_model, running_server, summary_row, wait_for
from mt5_bridge.ticks.csv_feed import read_ticks
from mt5_bridge.wire.client import EndpointClient
from mt5_bridge.wire.contract import Tick
from serving.endpoint.access.owner_token import endpoint_token
from ticklake_assets.sources.landing_csv import publish_day
from ticklake_assets.sources.synthetic import synthetic_day
from ticklake_assets_tests.serving.deployments import make_deployment

VIEWERS, TURNS, A_TURN, A_SECOND = 20, 4, 2500, 500


def run() -> list[dict[str, object]]:
    """Microseconds a tick by who looks."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "home"
        ticks = read_ticks(publish_day(Path(name) / "landing", DAY, synthetic_day(DAY, 1, 1.0)).path)
        deployment = make_deployment(home / "keys", DAY.symbol, pattern_onnx=pattern_model())
        with running_server(home) as (_, url):
            token = endpoint_token(home / "keys")
            headers = {"Authorization": f"Bearer {token}"}
            httpx.post(url + "/v1/bundles", content=deployment, headers=headers).raise_for_status()
            return asyncio.run(_turns(home, url, EndpointClient(url, token), ticks))


async def _turns(home: Path, url: str, client: EndpointClient, ticks: list[Tick]) -> list[dict[str, object]]:
    alone, looked_at, frames = array("d"), array("d"), 0
    async with client.stream(DAY.symbol, DAY.trading_day.isoformat()) as stream:
        await stream.start()

        async def turn(number: int, into: array[float]) -> None:
            due = time.perf_counter()
            for tick in ticks[number * A_TURN : (number + 1) * A_TURN]:
                due += 1 / A_SECOND
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                began = time.perf_counter()
                await stream.ask(tick)
                into.append(time.perf_counter() - began)

        for pair in range(TURNS):
            await turn(2 * pair, alone)
            with _viewers(home, url) as viewing:
                await turn(2 * pair + 1, looked_at)
            assert viewing.stdout is not None
            frames += int(viewing.stdout.read())
    seconds = TURNS * A_TURN / A_SECOND
    return [
        summary_row("tick, round trip, nobody looks", alone),
        summary_row(
            f"tick, round trip, {VIEWERS} browsers look",
            looked_at,
            **{"frames a second": round(frames / seconds)},
        ),
    ]


@contextmanager
def _viewers(home: Path, url: str) -> Iterator[subprocess.Popen[str]]:
    """The pages and who looks at them, up when the block begins; it says at its end how many frames it had."""
    port = free_port()
    words = [
        sys.executable,
        "-c",
        "import sys; from bench.pages import serve, view; globals()[sys.argv[1]](*sys.argv[2:])",
    ]
    serving = subprocess.Popen(
        [*words, "serve", str(home), url, str(port)], stdout=subprocess.PIPE, text=True
    )
    assert serving.stdout is not None
    cookie = serving.stdout.readline().strip()
    wait_for(f"http://127.0.0.1:{port}/healthz")
    viewing = subprocess.Popen(
        [*words, "view", str(port), cookie], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert viewing.stdout is not None
    viewing.stdout.readline()  # all of them have their first frame
    try:
        yield viewing
    finally:
        assert viewing.stdin is not None
        viewing.stdin.close()
        viewing.wait(30)
        serving.kill()
        serving.wait()


def serve(home: str, endpoint_url: str, port: str) -> None:
    """The pages, with somebody signed in, whose cookie is the first line that it prints."""
    import uvicorn

    from serving.pipeline.access.door import COOKIE
    from serving.pipeline.access.roles import Person
    from serving.pipeline.access.sessions import LINK
    from serving.pipeline.app import create_app
    from ticklake_assets.settings import Settings

    settings = Settings(home=Path(home), endpoint_url=endpoint_url, pages_url=f"http://127.0.0.1:{port}")
    app = create_app(settings)
    print(f"{COOKIE}={app.state.access.sessions.begin(Person('anna', frozenset({'see'})), LINK)}", flush=True)
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="error")


def view(port: str, cookie: str) -> None:
    """Read frames until the input ends; a line once everybody had one, and their number at the end."""
    asyncio.run(_view(f"http://127.0.0.1:{port}/live/{DAY.symbol}/events", {"Cookie": cookie}))


async def _view(url: str, headers: dict[str, str]) -> None:
    frames, seeing = 0, set[int]()

    async def look(number: int) -> None:
        nonlocal frames
        async with client.stream("GET", url, headers=headers) as answer:
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                if line.startswith("event: "):
                    frames += 1
                    seeing.add(number)

    limits = httpx.Limits(max_connections=VIEWERS)
    async with httpx.AsyncClient(timeout=30, limits=limits, trust_env=False) as client:
        looking = [asyncio.create_task(look(number)) for number in range(VIEWERS)]
        while len(seeing) < VIEWERS:
            await asyncio.sleep(0.05)
            for each in looking:
                if each.done():
                    each.result()
        print("all see", flush=True)
        begun = frames
        await asyncio.to_thread(sys.stdin.read)
        print(frames - begun, flush=True)
        for each in looking:
            each.cancel()
