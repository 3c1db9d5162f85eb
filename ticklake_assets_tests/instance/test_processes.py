from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from ticklake_assets.core.errors import SetupError
from ticklake_assets.instance.processes import running

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""
SAY = "import os, time; print(os.environ['PATH'], os.environ['MORE'], flush=True); time.sleep(600)"


def is_alive(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_program_runs_during_the_block_and_its_children_end_with_it(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "program.log"
    with running([sys.executable, "-c", PARENT], log, lambda: log.stat().st_size > 0) as process:
        child = int(log.read_text())
        assert is_alive(process.pid)
        assert is_alive(child)
    deadline = time.monotonic() + 5
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(process.pid)
    assert not is_alive(child)


def test_the_environment_is_this_processes_and_more(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-c", SAY]
    with running(command, log, lambda: log.stat().st_size > 0, environment={"MORE": "more"}):
        assert log.read_text().split() == [os.environ["PATH"], "more"]


def test_a_program_that_ends_early_shows_the_end_of_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('no such table'); raise SystemExit(3)"]
    with (
        pytest.raises(SetupError, match=r"exited with 3; the end of .*log:\nno such table"),
        running(command, tmp_path / "log", lambda: False),
    ):
        pass


def test_a_program_that_is_never_ready_is_stopped(tmp_path: Path) -> None:
    with (
        pytest.raises(SetupError, match="isn't ready"),
        running(
            [sys.executable, "-c", "import time; time.sleep(600)"],
            tmp_path / "log",
            lambda: False,
            timeout_s=0.5,
        ),
    ):
        pass


def test_an_error_in_the_block_stops_the_program_too(tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = running([sys.executable, "-c", PARENT], log, lambda: log.stat().st_size > 0)
    process = program.__enter__()
    assert is_alive(process.pid)
    assert not program.__exit__(KeyError, KeyError("in the block"), None)
    assert not is_alive(process.pid)
