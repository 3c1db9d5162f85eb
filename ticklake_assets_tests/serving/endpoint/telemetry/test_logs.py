from __future__ import annotations

import asyncio
import io
import json
import logging
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from serving.endpoint.telemetry.logs import MOST_WAITING, bound, get_log, log_signal, logs_to

LOG = get_log("ticklake.endpoint")
SECRET = "s3cr3t-pa55"
SIGNAL = {
    "signal_id": "abc",
    "symbol": "EURUSD",
    "ts_us": 1,
    "side": "long",
    "abstain": (),
    "tradable": True,
    "bundle": "d1",
    "p_long": 0.9,
}


def logged(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_says_when_where_what_and_whose_request() -> None:
    stream = io.StringIO()

    async def handle(request_id: str) -> None:
        with bound(request_id=request_id, symbol="EURUSD"):
            await asyncio.sleep(0.001)
            LOG.info("bundle pushed", bundle="d1", size=3)
            logging.getLogger("uvicorn.error").warning("half a request of %s", "10.0.0.1")

    async def both() -> None:
        await asyncio.gather(handle("r1"), handle("r2"))

    with logs_to(stream, "info"):
        asyncio.run(both())
        LOG.info("unbound")
    lines = logged(stream)
    assert len(lines) == 5
    for number in (1, 2):
        own, uvicorns = (line for line in lines if line.get("request_id") == f"r{number}")
        assert own.pop("timestamp").endswith("+00:00")
        assert list(own)[:3] == ["level", "logger", "event"]
        assert set(own) == {"level", "logger", "event", "request_id", "symbol", "bundle", "size"}
        assert (own["level"], own["event"], own["size"]) == ("info", "bundle pushed", 3)
        assert (uvicorns["logger"], uvicorns["event"]) == ("uvicorn.error", "half a request of 10.0.0.1")
    assert "request_id" not in lines[-1]


def test_no_secret_is_logged() -> None:
    stream = io.StringIO()
    with logs_to(stream, "debug"):
        LOG.info(
            f"cannot reach http://me:{SECRET}@host/x", address=f"trino://me:{SECRET}@h?password={SECRET}"
        )
        LOG.info("headers", headers={"Authorization": f"Bearer {SECRET}"}, said=[f"Bearer {SECRET} is wrong"])
        logging.getLogger("uvicorn.error").error("token=%s", f"http://h/?token={SECRET}")
        for log in (LOG, logging.getLogger("ticklake.notices")):
            try:
                raise ValueError(f"postgresql://me:{SECRET}@db is away")
            except ValueError:
                log.exception("failed")
    lines = logged(stream)
    assert len(lines) == 5
    assert SECRET not in stream.getvalue()
    assert lines[0]["address"] == "trino://me:***@h?password=***"
    assert lines[1]["headers"] == {"Authorization": "***"}
    for line in lines[3:]:
        assert line["exception"].startswith("Traceback")
        assert line["exception"].endswith("ValueError: postgresql://me:***@db is away")


@pytest.mark.parametrize(
    ("level", "heard"),
    [
        ("debug", ["own debug", "own info", "other debug", "other info", "other warning"]),
        ("info", ["own info", "other warning"]),
        ("warning", ["other warning"]),
        ("error", []),
    ],
)
def test_the_level_is_that_of_the_endpoint_and_libraries_are_quieter(level: str, heard: list[str]) -> None:
    stream = io.StringIO()
    with logs_to(stream, level):
        LOG.debug("own debug")
        LOG.info("own info")
        for other in ("debug", "info", "warning"):
            getattr(logging.getLogger("uvicorn.error"), other)(f"other {other}")
    assert [line["event"] for line in logged(stream)] == heard


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        ({}, 1),
        ({"side": "none"}, 0),
        ({"abstain": ("feed_stale",)}, 0),
        ({"tradable": False}, 0),
    ],
)
def test_a_signal_that_may_be_traded_is_logged_others_only_for_debugging(
    change: dict[str, Any], lines: int
) -> None:
    for level, told in (("info", lines), ("debug", 1)):
        stream = io.StringIO()
        with logs_to(stream, level):
            log_signal(SIGNAL | change)
        assert len(logged(stream)) == told
    assert logged(stream)[0]["signal_id"] == "abc"


class Stuck(io.StringIO):
    """Nobody reads it before `read` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.read = threading.Event()

    def write(self, text: str) -> int:
        self.read.wait()
        return super().write(text)


@pytest.mark.parametrize("lines", [3, MOST_WAITING + 3])
def test_the_end_does_not_wait_for_a_reader_either(lines: int) -> None:
    stream = Stuck()
    with logs_to(stream, "info", last_words_s=0.1):
        for number in range(lines):
            LOG.info("line", number=number)
        began = time.perf_counter()
    assert time.perf_counter() - began < 2
    stream.read.set()


def test_a_reader_that_does_not_read_holds_nobody_up() -> None:
    stream = Stuck()
    with logs_to(stream, "info"):
        LOG.info("first")
        time.sleep(0.05)  # it is being written
        began = time.perf_counter()
        for number in range(MOST_WAITING + 100):
            LOG.info("line", number=number)
        assert time.perf_counter() - began < 5
        stream.read.set()
        while len(stream.getvalue().splitlines()) < MOST_WAITING:
            time.sleep(0.01)
        LOG.info("last")
    lines = logged(stream)
    assert len(lines) == MOST_WAITING + 3
    assert lines[-2]["event"] == "100 log lines were dropped: stderr was not read"
    assert lines[-1]["event"] == "last"


def test_a_terminal_gets_text() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    with logs_to(stream, "info"):
        LOG.info("bundle pushed", address=f"http://me:{SECRET}@host")
        try:
            raise ValueError(SECRET[:3])
        except ValueError:
            LOG.exception("failed")
    assert "bundle pushed" in stream.getvalue()
    assert "http://me:***@host" in stream.getvalue()
    assert "ValueError: s3c" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


def test_logging_is_as_it_was_afterwards() -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    with logs_to(io.StringIO(), "debug"):
        assert root.handlers != before[0]
    assert (root.handlers, root.level) == before


def test_what_uvicorn_says_of_a_real_process_is_a_json_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [sys.executable, "-m", "serving.endpoint", "--port", str(taken.getsockname()[1])]
        environment = {"TICKLAKE_HOME": str(tmp_path), "PATH": ""}
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=60
        )
    assert done.returncode == 3
    (line,) = map(json.loads, done.stderr.splitlines())
    assert (line["logger"], line["level"]) == ("uvicorn.error", "error")
    assert "address already in use" in line["event"]
