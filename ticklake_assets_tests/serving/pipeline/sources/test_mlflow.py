"""The registry without MLflow's library says what MLflow's own client says: of its file, and of a server over it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from serving.pipeline.answers import ServiceDown
from serving.pipeline.sources.mlflow import Mlflow
from ticklake_assets.storage.models.registry import ModelRegistry
from ticklake_assets.storage.models.versions import ModelVersion
from ticklake_assets_tests.serving.endpoint_process import free_port

SYMBOLS = ("SYNEUR", "SYNJPY")


def stage_run(registry: ModelRegistry, symbol: str, stage: str, **params: str) -> str:
    tags = {"stage": stage, "symbol": symbol, "as_of": "2024-01-10", "dagster_run": f"dagster of {stage}"}
    run_id = str(registry._client.create_run("0", tags=tags).info.run_id)
    for name, value in params.items():
        registry._client.log_param(run_id, name, value)
    registry._client.log_metric(run_id, "net_pips", 1.5, step=0)
    registry._client.log_metric(run_id, "net_pips", 2.5, step=1)
    return run_id


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory, empty_mlflow: Path) -> str:
    """Two symbols: of one the runs tell their search, of the other, as older code, they don't; each trained twice."""
    file = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    file.write_bytes(empty_mlflow.read_bytes())
    registry = ModelRegistry(f"sqlite:///{file}")
    for symbol, told in zip(SYMBOLS, (True, False), strict=True):
        said = [{"search": name} if told else {} for name in ("ours", "another")]
        stage_run(registry, symbol, "trained", **said[0])
        stage_run(registry, symbol, "trained", **said[1])
        run = stage_run(registry, symbol, "validated", bundle="b" * 64, **said[0])
        stage_run(registry, symbol, "trained", **said[1])
        stage_run(registry, symbol, "tested", bundle="b" * 64)
        tags = {"bundle": "b" * 64, "as_of": "2024-01-10"}
        registry.register(symbol, run, "somewhere/bundle", tags)
        registry.crown(registry.find(symbol, "1"))
    return f"sqlite:///{file}"


def told(source: Mlflow | ModelRegistry) -> list[tuple[ModelVersion, object]]:
    stages = source.stage_runs if isinstance(source, Mlflow) else source.stages
    return [(version, stages(version)) for version in source.versions()]


def test_the_file_tells_what_mlflow_tells(uri: str) -> None:
    found = told(Mlflow(uri))
    assert found == told(ModelRegistry(uri))
    assert [version.aliases for version, _ in found] == [("champion",)] * 2
    assert [version.symbol for version in Mlflow(uri).versions("SYNJPY")] == ["SYNJPY"]
    assert [Mlflow(uri).versions(symbol) for symbol in ("SYN", "SYN*", "' OR 1=1")] == [[], [], []]


def test_a_file_has_no_page_and_a_server_has(uri: str) -> None:
    (version, *_) = Mlflow(uri).versions()
    assert Mlflow(uri).run_url(version.run_id) == Mlflow(uri).version_url(version) == ""
    server = Mlflow("http://mlflow:5000/")
    assert server.run_url("abc") == "http://mlflow:5000/#/runs/abc"
    assert server.version_url(version) == "http://mlflow:5000/#/models/ticklake-SYNEUR/versions/1"


def test_a_registry_that_is_not_there_yet_has_no_versions(tmp_path: Path) -> None:
    assert Mlflow(f"sqlite:///{tmp_path}/mlflow.db").versions() == []
    (tmp_path / "mlflow.db").write_bytes(b"no database")
    with pytest.raises(ServiceDown, match="keeps versions elsewhere"):
        Mlflow(f"sqlite:///{tmp_path}/mlflow.db").versions()


class Proxy(BaseHTTPRequestHandler):
    """What stands before a dead MLflow, or is none at all."""

    def do_GET(self) -> None:
        body = b"<html>" if "model-versions" in self.path else b'{"registered_models": []}'
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def proxy() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_server_that_does_not_answer_is_named_with_the_next_step(proxy: str) -> None:
    with pytest.raises(
        ServiceDown, match=r"^MLflow at http://127\.0\.0\.1:1 does not answer \(.*refused\).*settings"
    ):
        Mlflow("http://127.0.0.1:1").versions()
    with pytest.raises(ServiceDown, match=r"^MLflow at http://127\.0\.0\.1"):
        Mlflow(proxy).versions()
    with pytest.raises(ServiceDown, match="does not answer") as down:
        Mlflow("http://anna:secret@127.0.0.1:1").versions()
    assert "secret" not in str(down.value)


@pytest.mark.slow
def test_a_server_tells_what_its_file_tells(uri: str) -> None:
    port = free_port()
    words = ["-m", "mlflow", "server", "--backend-store-uri", uri, "--host", "127.0.0.1", "--port", f"{port}"]
    with subprocess.Popen(
        [sys.executable, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            asked = Mlflow(f"http://127.0.0.1:{port}")
            until = time.monotonic() + 120
            while True:
                try:
                    asked.versions()
                    break
                except ServiceDown:
                    assert time.monotonic() < until, "MLflow does not start"
                    time.sleep(0.5)
            assert told(asked) == told(Mlflow(uri))
            assert asked.versions("SYNJPY") == Mlflow(uri).versions("SYNJPY")
            assert asked.versions("SYN") == asked.versions("' OR 1=1") == []
        finally:
            server.terminate()
