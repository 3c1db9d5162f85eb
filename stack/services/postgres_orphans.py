"""What a killed Postgres leaves behind for a moment."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from ticklake_assets.core.errors import SetupError


def await_orphans(data: Path, patience_s: float = 10.0) -> None:
    """Wait for the sessions of a killed server, which end by themselves: two servers would spoil the data."""
    deadline = time.monotonic() + patience_s
    while orphans := _processes_in(data):
        if time.monotonic() > deadline:
            raise SetupError(f"Expected nobody to work on {data}, was process {orphans[0]}: end it")
        time.sleep(0.05)


def _processes_in(data: Path) -> list[int]:
    """They carry no mark: Postgres writes its titles over their environment. They all stand in the data folder.

    psutil would not tell a folder that was removed from a new one of its name.
    """
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if (entry / "cwd").readlink() == data:
                    found.append(int(entry.name))
    return found
