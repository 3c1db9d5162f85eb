"""Start a program, wait until it is ready, and stop it for certain."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from ticklake_assets.core.errors import SetupError
from ticklake_assets.files import locked


@contextmanager
def running(
    command: Sequence[str],
    log: Path,
    is_ready: Callable[[], bool],
    *,
    environment: Mapping[str, str] | None = None,
    timeout_s: float = 60.0,
    holds: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` in a process group of its own while the block runs; its output goes to `log`.

    It holds the lock on the file `holds` as long as it lives, whatever becomes of us. Raises SetupError with the end of
    the log when it exits or isn't ready in time.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output, ExitStack() as held:
        locks = [held.enter_context(locked(holds)).fileno()] if holds else []
        process = subprocess.Popen(  # noqa: S603 - the command is our own list, never a shell string
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
            pass_fds=locks,
        )
    try:
        _await_ready(process, is_ready, log, timeout_s)
        yield process
    finally:
        _stop(process)


def own_program(name: str) -> str:
    """Path of a program that the environment of this Python brings, like `dagster-daemon`."""
    program = Path(sys.executable).parent / name
    if not program.exists():
        raise SetupError(f"Expected the program {program}, which the extras of ticklake bring: install them")
    return str(program)


def _await_ready(
    process: subprocess.Popen[bytes], is_ready: Callable[[], bool], log: Path, timeout_s: float
) -> None:
    deadline = time.monotonic() + timeout_s
    while not is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            how = f"exited with {process.returncode}" if process.returncode is not None else "isn't ready"
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
            raise SetupError(f"{Path(process.args[0]).name} {how}; the end of {log}:\n{tail}")  # type: ignore[index, arg-type]
        time.sleep(0.1)


def _stop(process: subprocess.Popen[bytes], patience_s: float = 20.0) -> None:
    """Ask the whole group to end, then insist: a daemon's children must not outlive it."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            process.terminate()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
