"""Processes that outlive the command which started them: start, recognise, measure and end them (Linux).

psutil is imported where it is used: it takes 40 ms of every command, and the base installation has none.
"""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

MARKER = "_TICKLAKE_STACK_SERVICE"
"""Environment variable that every process of a service inherits; its value names the stack and the service."""
KILL_S = 10.0
"""How long the kernel may take to end a killed process, which may be busy with the disk."""


class Identity(NamedTuple):
    """A process id and the kernel's start time of it: a reused id is not the same process."""

    pid: int
    started: int
    """Clock ticks since the machine booted."""


def start(
    command: Sequence[str | Path],
    environment: Mapping[str, str],
    folder: Path,
    log: Path,
    mark: str,
    user: str | None,
) -> Identity:
    """Start a process in a session of its own; its output is appended to `log`."""
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 the command is our own list, never a shell string
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment, MARKER: mark},
            cwd=folder,
            start_new_session=True,
            **as_user(user),
        )
    process.returncode = 0  # it outlives us on purpose: Popen shall neither wait for it nor warn
    facts = _facts(process.pid)
    return Identity(process.pid, facts.started if facts else 0)


def is_alive(process: Identity | None) -> bool:
    """Whether this very process runs; a zombie, which nobody has waited for, is dead."""
    if process is None:
        return False
    _collect(process.pid)
    facts = _facts(process.pid)
    return facts is not None and facts.state not in "ZX" and facts.started == process.started


def age_s(process: Identity) -> float:
    """Seconds since the process started."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - process.started / os.sysconf("SC_CLK_TCK")


def stop(process: Identity | None, mark: str, how: signal.Signals, patience_s: float) -> None:
    """Ask the process to end, insist after `patience_s`, and end whatever it has left behind."""
    for request, patience in ((how, patience_s), (signal.SIGKILL, KILL_S)):
        if process is not None and is_alive(process):
            with suppress(ProcessLookupError):
                os.kill(process.pid, request)
            deadline = time.monotonic() + patience
            while is_alive(process) and time.monotonic() < deadline:
                time.sleep(0.05)
    end_strays(mark)


def end_strays(mark: str) -> None:
    """Kill every process that carries the mark, children of a dead service, too; they are gone on return."""
    deadline = time.monotonic() + KILL_S
    while (pids := list(marked(mark))) and time.monotonic() < deadline:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
        for pid in pids:
            _collect(pid)


def marked(mark: str) -> Iterator[int]:
    """Ids of the living processes that carry the mark; a zombie shows no environment, so it is none of them."""
    import psutil

    for pid in psutil.pids():
        if pid != os.getpid() and environment_of(pid).get(MARKER) == mark:
            yield pid


def environment_of(pid: int) -> dict[str, str]:
    """The environment that the process was started with; nothing where it is gone or is another user's."""
    import psutil

    try:
        return psutil.Process(pid).environ()
    except psutil.Error:
        return {}


def memory_of(process: Identity | None, mark: str) -> int:
    """Bytes of memory of the process, its descendants and marked strays; shared pages are shared out."""
    import psutil

    pids, memory = set(marked(mark)), 0
    if process is not None and is_alive(process):
        with suppress(psutil.NoSuchProcess):
            family = psutil.Process(process.pid).children(recursive=True)
            pids |= {process.pid, *(child.pid for child in family)}
    for pid in pids:
        with suppress(psutil.Error):
            memory += psutil.Process(pid).memory_full_info().pss
    return memory


class _Facts(NamedTuple):
    state: str
    started: int


def _facts(pid: int) -> _Facts | None:
    """Read by hand, unlike the rest: psutil tells a start by the wall clock, which is set while a stack is up."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the program's name may hold blanks and brackets
    return _Facts(fields[0], int(fields[19]))


def _collect(pid: int) -> None:
    """Wait for our own dead child, so that it is no zombie any more."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def as_user(name: str | None) -> dict[str, Any]:
    """Popen's arguments to drop root's rights; none where we have no such rights."""
    if name is None or os.geteuid() != 0:
        return {}
    user = pwd.getpwnam(name)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
