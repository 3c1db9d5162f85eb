"""CPU seconds of commands that a person waits for: help, a wrong argument, a look at what is there."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

COMMANDS = (
    ["--help"],
    ["--version"],
    ["backfill"],
    ["settings"],
    ["instruments"],
    ["dataset", "list"],
    ["model", "list"],
    ["sql", "SELECT 1"],
)
_RUNS = 5


def run() -> list[dict[str, object]]:
    """The least of a few runs each, on a home of its own: the machine is shared, and CPU is what it is asked for."""
    with TemporaryDirectory() as home:
        return [
            {
                "command": f"ticklake {' '.join(words)}",
                "CPU, s": min(_cpu_s(words, home) for _ in range(_RUNS)),
            }
            for words in COMMANDS
        ]


def _cpu_s(words: list[str], home: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    program, environment = (
        str(Path(sys.executable).parent / "ticklake"),
        {**os.environ, "TICKLAKE_HOME": home},
    )
    subprocess.run([program, *words], env=environment, cwd=home, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
