"""The Dagster instance under HOME, its daemon and its web server."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from dagster._daemon.controller import all_daemons_live

from ticklake_assets.core.errors import SetupError
from ticklake_assets.resources.processes import is_listening, running

PROJECT = Path(__file__).resolve().parents[2]
WORKSPACE = PROJECT / "workspace.yaml"


def open_instance(home: Path) -> dg.DagsterInstance:
    """Open the instance whose storage is in `home`, made from the project's `dagster.yaml` when it is new."""
    home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(PROJECT / "dagster.yaml", home / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(home)
    return dg.DagsterInstance.from_config(str(home))


@contextmanager
def daemon(instance: dg.DagsterInstance, home: Path) -> Iterator[bool]:
    """See to it that a daemon runs during the block; yields whether this call had to start it."""
    if all_daemons_live(instance):
        yield False
        return
    command = [_program("dagster-daemon"), "run", "-w", str(WORKSPACE)]
    with running(command, home / "daemon.log", lambda: all_daemons_live(instance), timeout_s=120):
        yield True


@contextmanager
def webserver(home: Path, port: int) -> Iterator[str]:
    """Serve the Dagster UI on the loopback interface during the block; yields its address."""
    if is_listening(port):
        raise SetupError(
            f"Expected port {port} to be free for the Dagster UI, was taken: pass another --port"
        )
    command = [_program("dagster-webserver"), "-h", "127.0.0.1", "-p", str(port), "-w", str(WORKSPACE)]
    with running(command, home / "webserver.log", lambda: is_listening(port), timeout_s=120):
        yield f"http://127.0.0.1:{port}"


def _program(name: str) -> str:
    """A program of the environment that runs this Python."""
    return str(Path(sys.executable).parent / name)
