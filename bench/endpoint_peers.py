"""The endpoint beside other ways to serve the same booster, in one run: a tick that makes an event, one at a time.

`python -m bench.endpoint_peers` prints the rows. The endpoint takes raw ticks in by WebSocket, cleans them, makes the
features, scores, decides and journals; its peers are given the finished features by HTTP and only score. All of them
answer one client of this machine in lock-step, each over a connection that stays open. That they say the same
probabilities is asserted first.

`mlflow models serve` is the environment's own MLflow. BentoML is not a dependency: name a Python that has it, and
xgboost, by `--bentoml PYTHON`; without, its row is left out.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import xgboost

from bench.endpoint import DAY, booster, free_port, running_server, summary_row, wait_for
from mt5_bridge.ticks.csv_feed import read_ticks
from mt5_bridge.wire.client import EndpointClient
from serving.endpoint.access.owner_token import endpoint_token
from ticklake_assets.core.features import features_of_day
from ticklake_assets.core.live_cleaner import clean_day_live
from ticklake_assets.modeling.deployed.onnx_scoring import OnnxModel, as_model_input
from ticklake_assets.modeling.fitting.pattern import to_onnx
from ticklake_assets.sources.landing_csv import publish_day
from ticklake_assets.sources.synthetic import synthetic_day
from ticklake_assets_tests.serving.deployments import make_deployment

_BARE = """
import sys
import numpy, uvicorn, xgboost
from fastapi import FastAPI
from pydantic import BaseModel

class Row(BaseModel):
    features: list[float]

model = xgboost.Booster(model_file=sys.argv[1])
model.set_param("nthread", 1)
app = FastAPI()

@app.post("/predict")
def predict(row: Row):
    return model.inplace_predict(numpy.array([row.features], dtype=numpy.float32))[0].tolist()

uvicorn.run(app, port=int(sys.argv[2]), log_level="critical")
"""
_BENTO = """
import os, numpy, xgboost, bentoml

@bentoml.service
class Scores:
    def __init__(self):
        self.model = xgboost.Booster(model_file=os.environ["MODEL"])
        self.model.set_param("nthread", 1)

    @bentoml.api
    def predict(self, features: list[float]) -> list[float]:
        return self.model.inplace_predict(numpy.array([features], dtype=numpy.float32))[0].tolist()
"""


def run(bentoml: str | None = None) -> list[dict[str, object]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = booster()
        path = folder / "model.json"
        model.save_model(path)
        csv = publish_day(folder / "landing", DAY, synthetic_day(DAY, 1, 1.0)).path
        ticks = read_ticks(csv)
        batch = features_of_day(DAY, clean_day_live(DAY, (tick[1:] for tick in ticks)))
        rows = as_model_input(batch.features)
        expected = OnnxModel(to_onnx(model)).probabilities(batch.features)
        measured = [_ours(folder / "home", to_onnx(model), ticks, len(rows))]
        peers: list[tuple[str, Any, Callable[[list[float]], Any]]] = [
            ("bare FastAPI, inplace_predict", _bare(folder, path), lambda row: {"features": row}),
            (
                "mlflow models serve",
                _mlflow(folder, model),
                lambda row: {"inputs": [row]},
            ),
        ]
        if bentoml:
            peers.append(("BentoML", _bento(folder, path, bentoml), lambda row: {"features": row}))
        for what, serving, body in peers:
            with serving as url:
                measured.append(_ask_all(what, url, rows, body, expected))
    return measured


def _ours(home: Path, onnx: bytes, ticks: list[Any], events: int) -> dict[str, object]:
    deployment = make_deployment(home / "keys", DAY.symbol, pattern_onnx=onnx)
    headers = {"Authorization": f"Bearer {endpoint_token(home / 'keys')}"}
    with running_server(home) as (_, url):
        httpx.post(url + "/v1/bundles", content=deployment, headers=headers).raise_for_status()
        client = EndpointClient(url, endpoint_token(home / "keys"))
        heard = asyncio.run(_signals(client, ticks))
    assert sum(heard) == events, "the endpoint made other events than the batch"
    with_event = array("d", (trip for trip, has in zip(client.round_trips, heard, strict=True) if has))
    return summary_row("ticklake, a tick that makes an event", with_event)


async def _signals(client: EndpointClient, ticks: list[Any]) -> list[bool]:
    """Whether each tick made an event."""
    async with client.stream(DAY.symbol, DAY.trading_day.isoformat()) as stream:
        await stream.start()
        return [(await stream.ask(tick)).signal is not None for tick in ticks]


def _ask_all(
    what: str, url: str, rows: np.ndarray, body: Callable[[list[float]], Any], expected: np.ndarray
) -> dict[str, object]:
    seconds, largest = array("d"), 0.0
    with httpx.Client(trust_env=False, timeout=30) as client:
        for row, wanted in zip(rows.tolist(), expected, strict=True):
            message = body(row)
            began = time.perf_counter()
            answer = client.post(url, json=message)
            seconds.append(time.perf_counter() - began)
            told = answer.raise_for_status().json()
            given = told["predictions"][0] if isinstance(told, dict) else told
            largest = max(largest, float(np.abs(np.asarray(given) - wanted).max()))
    assert largest < 1e-5, f"{what} says other probabilities: {largest}"
    return summary_row(what, seconds)


@contextmanager
def _process(command: list[str], url: str, **environment: str) -> Iterator[None]:
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(url)
        yield
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def _bare(folder: Path, model: Path) -> Iterator[str]:
    script, port = folder / "bare.py", free_port()
    script.write_text(_BARE)
    url = f"http://127.0.0.1:{port}"
    with _process([sys.executable, str(script), str(model), str(port)], url + "/docs"):
        yield url + "/predict"


@contextmanager
def _mlflow(folder: Path, model: xgboost.Booster) -> Iterator[str]:
    import mlflow.pyfunc
    import mlflow.xgboost

    saved, port = folder / "mlflow", free_port()
    mlflow.xgboost.save_model(model, saved, model_format="json")
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", str(saved), "--env-manager", "local"]
    url = f"http://127.0.0.1:{port}"
    with_programs = (
        f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # it calls uvicorn by name
    )
    with _process([*command, "--port", str(port)], url + "/ping", PATH=with_programs):
        yield url + "/invocations"


@contextmanager
def _bento(folder: Path, model: Path, python: str) -> Iterator[str]:
    (folder / "scores.py").write_text(_BENTO)
    port = free_port()
    command = [python, "-m", "bentoml", "serve", "scores:Scores", "--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    with _process(
        [*command, "--working-dir", str(folder)], url + "/readyz", MODEL=str(model), BENTOML_DO_NOT_TRACK="1"
    ):
        yield url + "/predict"


def main() -> None:
    parser = ArgumentParser("python -m bench.endpoint_peers", description=__doc__)
    parser.add_argument("--bentoml", metavar="PYTHON", help="a Python that has BentoML and xgboost")
    for row in run(parser.parse_args().bentoml):
        print(row)


if __name__ == "__main__":
    main()
