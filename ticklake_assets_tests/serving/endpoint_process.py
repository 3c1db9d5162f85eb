"""An endpoint as a process of its own, in any Python that has one."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx


@contextmanager
def endpoint_process(
    home: Path,
    user_home: Path | None = None,
    *,
    python: str | Path = sys.executable,
    folder: Path | None = None,
    port: int = 0,
    variables: dict[str, str] | None = None,
    without: tuple[str, ...] = (),
    open_files: int | None = None,
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run it in `folder` until the block ends, and give its process and URL; without a user's home it knows none.

    `without` are modules that it is kept from importing, `open_files` how many it may have unless it asks for more.
    """
    port = port or free_port()
    command = [str(python), "-m", "serving.endpoint", "--port", str(port)]
    if without:
        lacking = (
            f"import runpy, sys; sys.modules.update(dict.fromkeys({without!r})); sys.argv = {command[2:]!r}; "
        )
        command[1:] = ["-c", lacking + "runpy.run_module('serving.endpoint', run_name='__main__')"]
    environment = {"TICKLAKE_HOME": str(home), "PATH": "", **(variables or {})}
    if user_home is not None:
        environment |= {"HOME": str(user_home), "ORT_DISABLE_TELEMETRY": "0"}
    if open_files:
        command = ["/bin/sh", "-c", f'ulimit -S -n {open_files} && exec "$@"', "sh", *command]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, cwd=folder)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url, process)
        yield process, url
    finally:
        process.kill()
        process.communicate()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _wait_for(url: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, process.stderr and process.stderr.read()
        try:
            assert httpx.get(url + "/healthz").is_success
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the endpoint did not start")
