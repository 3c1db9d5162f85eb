"""Locks between processes: each is on a file, and ends with its holder, however that ends."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


def _in_silence() -> None:
    """Nobody is told of the wait."""


@contextmanager
def locked(
    file: Path, waiting: Callable[[], object] = _in_silence, *, shared: bool = False
) -> Iterator[TextIO]:
    """Hold the lock during the block: alone, or with all who share it. `waiting` is called before a wait."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as lock:
        _take(lock, fcntl.LOCK_SH if shared else fcntl.LOCK_EX, waiting)
        yield lock


def hold_alone(lock: TextIO, waiting: Callable[[], object] = _in_silence) -> None:
    """Wait until nobody else shares a lock that this process shares, and hold it alone from then on."""
    _take(lock, fcntl.LOCK_EX, waiting)


def _take(lock: TextIO, how: int, waiting: Callable[[], object]) -> None:
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        waiting()
        fcntl.flock(lock, how)
