from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from stack.process import (
    MARKER,
    Identity,
    age_s,
    end_strays,
    environment_of,
    is_alive,
    marked,
    memory_of,
    start,
    stop,
)

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print(flush=True); time.sleep(600)",
]
LEADER = [
    sys.executable,
    "-c",
    "import subprocess, sys; c = subprocess.Popen(['sleep', '600'], start_new_session=True); print(c.pid, flush=True)",
]
NEGLECT = """
import os, time
pid = os.fork()
if pid == 0:
    os._exit(0)
print(pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def mark() -> Iterator[str]:
    name = uuid4().hex
    yield name
    end_strays(name)


def run(command: list[str], folder: Path, mark: str, user: str | None = None) -> Identity:
    return start(command, {}, folder, folder / "logs" / "log", mark, user)


def said(folder: Path) -> str:
    """What the program printed, as soon as it has."""
    log = folder / "logs" / "log"
    deadline = time.monotonic() + 10
    while not log.read_text() and time.monotonic() < deadline:
        time.sleep(0.02)
    return log.read_text()


def facts(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def test_it_runs_until_it_is_stopped(tmp_path: Path, mark: str) -> None:
    process = run(SLEEP, tmp_path, mark)
    assert is_alive(process)
    assert list(marked(mark)) == [process.pid]
    assert 0 <= age_s(process) < 10
    stop(process, mark, signal.SIGTERM, 10)
    assert not is_alive(process)
    assert not Path(f"/proc/{process.pid}").exists(), "a zombie is left"


def test_it_outlives_the_command_that_started_it(tmp_path: Path, mark: str) -> None:
    code = f"""
from pathlib import Path
from stack.process import start
print(*start({SLEEP!r}, {{}}, Path({str(tmp_path)!r}), Path({str(tmp_path / "log")!r}), {mark!r}, None))
"""
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stderr == ""
    process = Identity(*map(int, answer.stdout.split()))
    assert is_alive(process)
    stop(process, mark, signal.SIGTERM, 10)
    assert not is_alive(process)


def test_one_that_does_not_listen_is_killed(tmp_path: Path, mark: str) -> None:
    process = run(DEAF, tmp_path, mark)
    said(tmp_path)
    stop(process, mark, signal.SIGTERM, 0.2)
    assert not is_alive(process)


def test_a_reused_id_is_another_process(tmp_path: Path, mark: str) -> None:
    process = run(SLEEP, tmp_path, mark)
    earlier = Identity(process.pid, process.started - 1)
    assert not is_alive(earlier)
    stop(earlier, uuid4().hex, signal.SIGKILL, 1)
    assert is_alive(process)


def test_a_start_is_told_in_the_clock_that_nobody_sets(tmp_path: Path, mark: str) -> None:
    process = run(SLEEP, tmp_path, mark)
    since_boot = psutil.Process(process.pid).create_time() - psutil.boot_time()
    assert process.started / os.sysconf("SC_CLK_TCK") == pytest.approx(since_boot, abs=1.5)


def test_the_environment_is_the_one_it_was_started_with(tmp_path: Path, mark: str) -> None:
    code = "import os, time; os.environ['LATER'] = '1'; print(flush=True); time.sleep(600)"
    process = start(
        [sys.executable, "-c", code],
        {"A": "b=c\nd", "EMPTY": ""},
        tmp_path,
        tmp_path / "logs" / "log",
        mark,
        None,
    )
    said(tmp_path)
    environment = environment_of(process.pid)
    assert (environment["A"], environment["EMPTY"], environment[MARKER]) == ("b=c\nd", "", mark)
    assert "LATER" not in environment
    stop(process, mark, signal.SIGKILL, 10)
    assert environment_of(process.pid) == {}


def test_a_zombie_is_dead(tmp_path: Path, mark: str) -> None:
    parent = run([sys.executable, "-c", NEGLECT], tmp_path, mark)
    pid = int(said(tmp_path))
    deadline = time.monotonic() + 10
    while facts(pid)[0] != "Z" and time.monotonic() < deadline:
        time.sleep(0.02)
    assert facts(pid)[0] == "Z"
    assert not is_alive(Identity(pid, int(facts(pid)[19])))
    assert list(marked(mark)) == [parent.pid]


def test_what_a_dead_leader_left_behind_is_found_and_ended(tmp_path: Path, mark: str) -> None:
    leader = run(LEADER, tmp_path, mark)
    child = int(said(tmp_path))
    while is_alive(leader):
        time.sleep(0.02)
    assert list(marked(mark)) == [child]
    end_strays(mark)
    assert not list(marked(mark))


def test_other_marks_are_left_alone(tmp_path: Path, mark: str) -> None:
    process = run(SLEEP, tmp_path, mark)
    end_strays(mark[:-1])
    end_strays(f"{mark}:more")
    assert is_alive(process)


def test_a_program_may_be_called_anything(tmp_path: Path, mark: str) -> None:
    """The kernel's line holds the name in brackets, unquoted."""
    program = tmp_path / "a) Z 1 (b"
    shutil.copy("/bin/sleep", program)
    process = run([str(program), "600"], tmp_path, mark)
    assert is_alive(process)
    assert process.started > 0


def test_memory_counts_the_children(tmp_path: Path, mark: str) -> None:
    code = """
import subprocess, sys
b = bytearray(30_000_000)
print(flush=True)
subprocess.run([sys.executable, "-c", sys.argv[1]])
"""
    child = "b = bytearray(30_000_000); print(flush=True); import time; time.sleep(600)"
    process = run([sys.executable, "-c", code, child], tmp_path, mark)
    deadline = time.monotonic() + 10
    while len(said(tmp_path)) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert 60_000_000 < memory_of(process, mark) < 200_000_000
    assert memory_of(None, uuid4().hex) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_root_drops_its_rights(tmp_path: Path, mark: str) -> None:
    process = run(["sleep", "600"], tmp_path, mark, user="nobody")
    status = Path(f"/proc/{process.pid}/status").read_text()
    assert "\nUid:\t65534\t65534\t65534\t65534\n" in status
    assert "\nGroups:\t \n" in status
