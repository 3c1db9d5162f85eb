"""What a service has said: the end of its log, and a new file before the old one fills the disk."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

LONGEST_B = 16 << 20
"""A longer log is put aside before the next start, in place of the one that was put aside before."""
END_B = 64 << 10
"""How much of a log its end is looked for in, whatever its length."""


def put_aside(log: Path) -> None:
    """Begin a new file if the log has grown too long; one older file is kept beside it."""
    if log.exists() and log.stat().st_size > LONGEST_B:
        log.replace(log.with_name(f"{log.name}.1"))


def last_lines(log: Path, count: int) -> tuple[Sequence[str], int]:
    """The last lines of a log, and the place in bytes behind them."""
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - END_B)
        file.seek(start)
        said = file.read(size - start)
    if start:
        said = said.partition(b"\n")[2]  # half a line
    return said.decode(errors="replace").splitlines()[-count:], size
