"""One process a symbol group, and several of them behind one address."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from serving.endpoint.access.owner_token import endpoint_token
from serving.endpoint.app import create_app
from stack.debian import bring_program
from stack.service import MissingProgramError
from ticklake_assets.core.errors import SetupError
from ticklake_assets.settings import Settings
from ticklake_assets_tests.serving.deployments import make_deployment
from ticklake_assets_tests.serving.endpoint.talking import open_socket, say
from ticklake_assets_tests.serving.endpoint_process import endpoint_process
from ticklake_assets_tests.serving.recorded_day import DAY, record_day
from ticklake_assets_tests.serving.running_endpoint import bearer, running_endpoint
from ticklake_assets_tests.serving.streamed_day import rows_of

_PAGE = Path(__file__).parents[3] / "docs" / "endpoint.md"
_OTHER = "Another process serves SYNEUR. Expected one of EURUSD, SYNJPY"


def test_a_symbol_of_another_group_is_refused_wherever_it_comes(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    with running_endpoint(tmp_path) as whole:
        assert whole.push(make_deployment(keys, "SYNEUR")).status_code == 201
    with running_endpoint(tmp_path, endpoint_symbols="SYNJPY, EURUSD") as endpoint:
        for path in (
            "models/SYNEUR",
            "symbols/SYNEUR",
            "watch/SYNEUR",
            "served/SYNEUR/2024-01-17",
            "signals/SYNEUR",
        ):
            answer = endpoint.get(f"/v1/{path}")
            assert (answer.status_code, answer.json()) == (421, {"error": _OTHER})
        assert endpoint.get("/v1/symbols/SYNJPY").status_code == 200
        assert httpx.get(f"{endpoint.url}/v1/symbols/SYNEUR").status_code == 401, "told a stranger"
        for path in ("/v1/stream/SYNEUR/2024-01-17", "/v1/signals/SYNEUR"):
            with pytest.raises(InvalidStatus) as refused:
                open_socket(endpoint, path)
            assert refused.value.response.status_code == 421
        pushed = endpoint.push(make_deployment(keys, "SYNEUR"))
        assert pushed.status_code == 422
        assert _OTHER in pushed.json()["error"]
        assert endpoint.push(make_deployment(keys, "SYNJPY")).status_code == 201
        assert [model["symbol"] for model in endpoint.get("/v1/models").json()] == ["SYNJPY"]
        assert endpoint.get("/readyz").json()["parts"]["models"] == "1 in service"
        assert "SYNEUR" not in endpoint.get("/metrics").text


def test_a_group_of_an_unknown_symbol_is_refused_before_it_starts(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="TICKLAKE_ENDPOINT_SYMBOLS: Expected symbols like EURUSD,GBPUSD"):
        create_app(Settings(home=tmp_path, endpoint_symbols="EURUSD,NONE"))


def test_two_processes_behind_one_address(tmp_path: Path) -> None:
    program = _nginx()
    ticks = rows_of(record_day(tmp_path / "landing").columns())[:1500]
    ticks = [row for row in ticks if row[0] is not None and DAY.start_us <= row[0] < DAY.end_us]
    with (
        _process(tmp_path, "SYNEUR") as euro,
        _process(tmp_path, "SYNJPY") as yen,
        _proxy(program, tmp_path, euro, yen) as url,
    ):
        headers = bearer(endpoint_token(tmp_path / "keys"))
        for symbol, own in (("SYNEUR", euro), ("SYNJPY", yen)):
            deployment = make_deployment(tmp_path / "keys", symbol)
            assert httpx.post(own + "/v1/bundles", content=deployment, headers=headers).status_code == 201
            assert httpx.get(f"{url}/v1/symbols/{symbol}", headers=headers).json()["symbol"] == symbol
        assert httpx.get(f"{url}/v1/symbols/EURUSD", headers=headers).status_code == 404
        ws, options = url.replace("http", "ws"), {"additional_headers": headers, "proxy": None}
        half = len(ticks) // 2
        with connect(f"{ws}/v1/signals/SYNEUR", **options) as reader:
            with connect(f"{ws}/v1/stream/SYNEUR/{DAY.trading_day}", **options) as stream:
                assert say(stream, {"type": "start", "complete": True})["complete"]
                told = say(stream, {"type": "ticks", "seq": 1, "rows": ticks[:half]})["signals"]
            body = {"seq": half + 1, "rows": ticks[half:]}
            posted = httpx.post(f"{url}/v1/ticks/SYNEUR", json=body, headers=headers)
            assert posted.status_code == 200, posted.text
            told += posted.json()["signals"]
            read = [httpx.Response(200, text=reader.recv(timeout=30)).json()["signal"] for _ in told]
        assert read == told
        assert len(told) > 5
        start = {"seq": 1, "rows": ticks[:20]}
        assert httpx.post(f"{url}/v1/ticks/SYNJPY?start=true", json=start, headers=headers).status_code == 200


@contextmanager
def _process(home: Path, symbol: str) -> Iterator[str]:
    """One of a group of one; what is secret is shared, what is written is its own."""
    variables = {
        "TICKLAKE_ENDPOINT_SYMBOLS": symbol,
        "TICKLAKE_ENDPOINT_DIR": str(home / symbol),
        "TICKLAKE_LOG_LEVEL": "warning",
        "TICKLAKE_JOURNAL_FREE_BYTES": "0",
    }
    with endpoint_process(home, variables=variables) as (_, url):
        yield url


def _nginx() -> Path:
    try:
        return bring_program(Settings().cache_dir, "nginx", "nginx")
    except MissingProgramError as error:
        pytest.skip(str(error))


@contextmanager
def _proxy(program: Path, folder: Path, *endpoints: str) -> Iterator[str]:
    """nginx with the configuration of docs/endpoint.md, its ports being those of the test."""
    page = _PAGE.read_text()
    (text,) = re.findall(r"```nginx\n(.*?)```", page, re.DOTALL)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ports = [str(port), *(each.rpartition(":")[2] for each in endpoints)]
    for documented, own in zip(("8700", "8751", "8752"), ports, strict=True):
        assert documented in text
        text = text.replace(documented, own)
    text = text.replace("EURUSD|GBPUSD", "SYNEUR").replace("USDJPY|XAUUSD", "SYNJPY")
    for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"):
        text = text.replace("http {", f"http {{\n    {kind}_temp_path {folder}/{kind};", 1)
    (folder / "nginx.conf").write_text(f"daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\n{text}")
    command = [str(program), "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 20
    try:
        while time.monotonic() < deadline:
            assert process.poll() is None, process.stderr and process.stderr.read()
            try:
                httpx.get(url + "/healthz")
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                break
        yield url
    finally:
        process.terminate()
        process.communicate(timeout=30)
