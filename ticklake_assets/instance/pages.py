"""The lifecycle pages of a home as a process: begun, looked for, and taken over from one that a demo has left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from serving.pipeline.living import Note, who_serves
from ticklake_assets.core.errors import SetupError
from ticklake_assets.instance.processes import running
from ticklake_assets.loopback import is_listening
from ticklake_assets.settings import Settings

_READY_S = 60.0
_END_S = 20.0
_LETTING_GO_S = 3.0
"""The process of a home that was removed just now notices, and ends."""
_POLL_S = 0.05
_LAST_LINES = 12


@contextmanager
def running_pages(
    settings: Settings, environment: Mapping[str, str]
) -> Iterator[tuple[str, subprocess.Popen[bytes] | None]]:
    """Serve the pages during the block, with more variables; yields their address and process.

    None as a process: another command serves this home already, and goes on after the block. One that a demo has
    left makes room.
    """
    if other := make_room(settings):
        yield other.url, None
        return
    url = settings.pages_url.rstrip("/")
    ready = _is_served(settings)
    with running(
        _command(settings), _log(settings), ready, environment=environment, timeout_s=_READY_S
    ) as process:
        yield url, process


def leave_pages(settings: Settings, environment: Mapping[str, str]) -> Note:
    """See to it that the pages are served, by a process that outlives this one until it idles; returns who serves them.

    SetupError with the end of its log where it does not come to life.
    """
    if other := make_room(settings):  # one that was left may have other code in its memory
        return other
    log, ready = _log(settings), _is_served(settings)
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - the command is our own list, never a shell string
            _command(settings, settings.pages_idle_s),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
        )
    deadline = time.monotonic() + _READY_S
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-_LAST_LINES:])
            raise SetupError(f"The lifecycle pages do not start; the end of {log}:\n{tail}")
        time.sleep(_POLL_S)
    process.returncode = 0  # it outlives us on purpose: Popen shall neither wait for it nor warn
    return Note(pid=process.pid, url=settings.pages_url.rstrip("/"), idle_s=settings.pages_idle_s)


def sign_in_link(settings: Settings) -> str:
    """An address that signs its first caller in, without a password, where the pages of this home are served."""
    from serving.pipeline.access.tickets import new_ticket_link  # its libraries are those of the pages

    served = who_serves(settings)
    there = {"pages_url": served.url} if served else {}
    return new_ticket_link(settings.model_copy(update=there))


def make_room(settings: Settings) -> Note | None:
    """See that the pages can be served here, and end those that a demo has left; returns who serves them already.

    SetupError where another program listens at their port, with who it is, or where what a demo left does not end.
    """
    end_left(settings)
    if (other := who_serves(settings)) is None:
        _expect_free(settings)
    return other


def end_left(settings: Settings) -> None:
    """End the process that a demo has left in this home, if there is one; SetupError where it does not end."""
    left = who_serves(settings)
    if left is None or not left.idle_s or not _is_pages(left.pid):
        return
    with suppress(ProcessLookupError):
        os.kill(left.pid, signal.SIGTERM)
    deadline = time.monotonic() + _END_S
    while who_serves(settings) == left:
        if time.monotonic() > deadline:
            raise SetupError(
                f"Expected the pages that a demo has left at {left.url} to end, was process {left.pid} that goes on "
                f"after {_END_S:g} s: end it"
            )
        time.sleep(_POLL_S)


def _expect_free(settings: Settings) -> None:
    port = _port(settings.pages_url)
    deadline = time.monotonic() + _LETTING_GO_S
    while is_listening(port):
        if time.monotonic() > deadline:
            raise SetupError(
                f"Expected port {port} to be free for the lifecycle pages, was taken by {_listener(port)}: end that "
                f"program, or set TICKLAKE_PAGES_URL, like http://127.0.0.1:{port + 1}"
            )
        time.sleep(_POLL_S)


def _command(settings: Settings, idle_s: float = 0) -> list[str]:
    idle = ["--idle-s", f"{idle_s:g}"] if idle_s else []
    return [sys.executable, "-m", "serving.pipeline", "--port", str(_port(settings.pages_url)), *idle]


def _port(url: str) -> int:
    port = urlsplit(url).port
    if port is None:
        raise SetupError(f"TICKLAKE_PAGES_URL: Expected an address with its port, was {url!r}")
    return port


def _is_served(settings: Settings) -> Callable[[], bool]:
    """Whether it is this home's process that listens."""
    port = _port(settings.pages_url)
    return lambda: is_listening(port) and who_serves(settings) is not None


def _log(settings: Settings) -> Path:
    return settings.pages_home / "pages.log"


def _is_pages(pid: int) -> bool:
    """Whether the process is what it says: its number may have gone to another program."""
    import psutil

    try:
        return "serving.pipeline" in psutil.Process(pid).cmdline()
    except psutil.Error:
        return False


def _listener(port: int) -> str:
    """Name and number of the program that listens there, as far as the system tells."""
    import psutil

    with suppress(psutil.Error):
        for found in psutil.net_connections("tcp"):
            if found.status == psutil.CONN_LISTEN and found.laddr and found.laddr.port == port and found.pid:
                return f"{psutil.Process(found.pid).name()} (process {found.pid})"
    return "another program"
