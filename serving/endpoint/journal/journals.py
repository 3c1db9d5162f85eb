"""The folder of journals, `SYMBOL/DAY/0001.journal`: what is begun in it, gone on with, sealed and removed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from serving.endpoint.journal.day_journal import DayJournal
from serving.endpoint.journal.group_sync import Durability, GroupSync
from serving.endpoint.journal.room import Limits, Room
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.journal.folders import is_sealed, newest, stream_files, streamed_days
from ticklake_assets.journal.reading import JournaledDay, read_journal

SEALED_AFTER_S = 3600
"""A day that is over is sealed when nothing was written to it for so long."""


class Journals:
    """One writer: the endpoint's loop."""

    def __init__(
        self,
        root: Path,
        durability: Durability = "process",
        limits: Limits | None = None,
        fdatasync: Callable[[int], None] = os.fdatasync,
    ) -> None:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.root = root
        self.room = Room(root, limits or Limits())
        self._sync = GroupSync(durability, fdatasync)

    @property
    def unsynced_bytes(self) -> int:
        """What a power failure would cost now, about."""
        return self._sync.unsynced_bytes

    def begin(self, day: SymbolDay, *, fills: bool = False, **told: Any) -> DayJournal:
        """Start the day's next stream, with `told` in its header."""
        return DayJournal.begin(self.root, day, self._sync, self.room, fills=fills, **told)

    def go_on(self, journaled: JournaledDay) -> DayJournal:
        """Write on where a file ends."""
        return DayJournal.resume(journaled.path, journaled.end, self._sync, self.room)

    def newest(self, day: SymbolDay) -> JournaledDay | None:
        """What the day's newest stream has written; None where there is none.

        Raises:
            DataError: the file was changed, or is another day's.
        """
        path = newest(self.root, day)
        return None if path is None else read_journal(path).expected_of(day)

    def rolled_to(self, day: SymbolDay) -> SymbolDay | None:
        """The day to which the day's newest stream has gone on; None where it has not."""
        path = newest(self.root, day)
        if path is None or not is_sealed(path):  # only a sealed stream has turned
            return None
        turned = next((told for told in read_journal(path).controls if told["what"] == "rolled"), None)
        return None if turned is None else SymbolDay(day.symbol, date.fromisoformat(turned["to"]))

    def streams(self, day: SymbolDay, but: Path | None = None) -> Iterator[JournaledDay]:
        """All streams of a day, the oldest first, but for that of one file."""
        return (read_journal(path) for path in stream_files(self.root, day) if path != but)

    def days(self, symbol: str, since: date) -> list[SymbolDay]:
        """Days of a symbol that have journals, in order."""
        return [day for day in streamed_days(self.root, symbol) if day.trading_day >= since]

    def open_days(self, symbol: str, since: date) -> Iterator[SymbolDay]:
        """Days of a symbol whose newest stream may go on."""
        for day in self.days(symbol, since):
            path = newest(self.root, day)
            if path is not None and not is_sealed(path):
                yield day

    def over(self) -> Iterator[tuple[SymbolDay, Path]]:
        """Newest streams of days that are over and rest, and are not sealed."""
        today, now = datetime.now(UTC).date(), time.time()
        for day in streamed_days(self.root):
            path = newest(self.root, day)
            if path is None or day.trading_day >= today or not (found := path.stat()).st_mode & 0o200:
                continue
            if now - found.st_mtime > SEALED_AFTER_S:
                yield day, path

    def seal(self, path: Path) -> None:
        """Close a file for good that nobody holds open."""
        if is_sealed(path):
            path.chmod(0o400)  # its writer was killed before it did
        else:
            self.go_on(read_journal(path)).seal()

    def outdated(self) -> Iterator[Path]:
        """Files that need not be kept any longer."""
        return self.room.outdated(datetime.now(UTC).date())

    def close(self) -> None:
        """Make everything durable."""
        self._sync.close()
