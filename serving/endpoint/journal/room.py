"""How much room the journals have, and what they no longer need to keep."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from ticklake_assets.core.errors import TransientError
from ticklake_assets.journal.folders import is_sealed, stream_files, streamed_days

_LOOKED_EVERY_S = 1.0


class JournalFullError(TransientError):
    """New ticks are refused: there is no room to remember them. What was accepted is kept."""


@dataclass(frozen=True)
class Limits:
    most_bytes: int = 0
    """Of all journals together; 0: as much as the disk has."""
    least_free_bytes: int = 256 * 1024 * 1024
    """Left free on their disk, for models, records and those who tidy up."""
    keep_days: int = 0
    """Sealed days that are older are removed; 0: never."""


class Room:
    """Looked at once a second; between two looks what is written is added up."""

    def __init__(self, root: Path, limits: Limits) -> None:
        self._root = root
        self._limits = limits
        self._looked = 0.0
        self.free_bytes = 0
        self.held_bytes = sum(path.stat().st_size for path in root.glob("*/*/*.journal"))

    def take(self, size: int) -> None:
        """Count bytes that are about to be written; `JournalFullError` where they are too many."""
        now = time.monotonic()
        if now - self._looked >= _LOOKED_EVERY_S:
            self._looked = now
            disk = os.statvfs(self._root)
            self.free_bytes = disk.f_bavail * disk.f_frsize
        if self.free_bytes - size < self._limits.least_free_bytes:
            raise JournalFullError(
                f"No room for the journal in {self._root}. Expected {self._limits.least_free_bytes} bytes left free "
                f"(TICKLAKE_JOURNAL_FREE_BYTES), were {self.free_bytes}"
            )
        most = self._limits.most_bytes
        if most and self.held_bytes + size > most:
            raise JournalFullError(
                f"The journals in {self._root} are full. Expected at most {most} bytes "
                f"(TICKLAKE_JOURNAL_MOST_BYTES), were {self.held_bytes}"
            )
        self.free_bytes -= size
        self.held_bytes += size

    @property
    def left_bytes(self) -> int:
        """What may still be written before new ticks are refused, by the limit that is nearer."""
        disk, limits = os.statvfs(self._root), self._limits
        left = disk.f_bavail * disk.f_frsize - limits.least_free_bytes
        return min(left, limits.most_bytes - self.held_bytes) if limits.most_bytes else left

    def give_back(self, size: int) -> None:
        """Bytes that were not written after all, or were removed."""
        self.free_bytes += size
        self.held_bytes -= size

    def outdated(self, today: date) -> Iterator[Path]:
        """Sealed days that are older than the limit; an unsealed file is kept, as nobody has closed it."""
        if not self._limits.keep_days:
            return
        oldest = today - timedelta(days=self._limits.keep_days)
        old = (day for day in streamed_days(self._root) if day.trading_day < oldest)
        yield from (path for day in old for path in stream_files(self._root, day) if is_sealed(path))

    def remove(self, paths: Iterable[Path]) -> None:
        for path in paths:
            self.give_back(path.stat().st_size)
            path.unlink()
