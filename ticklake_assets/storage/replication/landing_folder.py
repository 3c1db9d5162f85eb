"""The landing folder as a queue: what waits in it, and where files go from there."""

from __future__ import annotations

import os
import time
from collections.abc import Container
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from ticklake_assets.core.day_files import day_file, parse_day_file, raw_key
from ticklake_assets.core.errors import ImmutabilityError
from ticklake_assets.core.landing_folders import REFUSED, TAKEN, WAITING
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.plain_files import read_plain
from ticklake_assets.storage.replication.replicator import Queue


class LandedFile(NamedTuple):
    """A file of a symbol-day."""

    path: Path
    day: SymbolDay
    revision: int

    @property
    def key(self) -> str:
        """Its key in the lake."""
        return raw_key(self.day, self.revision)


class LandingFolder:
    """Files are named as `core/landing_folders.py` says; others, temporary ones among them, are never touched."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def waiting(self, day: SymbolDay | None = None) -> list[LandedFile]:
        """What waits, of one day or of all, oldest revision first."""
        return self._files(WAITING, day)

    def taken(self, day: SymbolDay | None = None) -> list[LandedFile]:
        """What a replicator has taken, of one day or of all, oldest revision first."""
        return self._files(TAKEN, day)

    def is_refused(self, file: LandedFile) -> bool:
        """Whether the bytes of a taken file are in conflict: NiFi takes a file before it knows."""
        return self._in_conflict(file.path.relative_to(self._root / TAKEN), read_plain(file.path)).exists()

    def refused(self) -> list[Path]:
        """Files in conflict."""
        return sorted((self._root / REFUSED).glob("*/*/*/*/*.csv"))

    def queue(self) -> Queue:
        """The folder as the first of a replicator's queues; nothing bounds it but the disk."""
        sizes = []
        for file in self.waiting():
            with suppress(FileNotFoundError):  # moved since it was listed
                sizes.append(file.path.stat().st_size)
        return Queue("landing", len(sizes), sum(sizes), percent=0)

    def require_no_conflict(self, day: SymbolDay, revision: int) -> None:
        """Raise ImmutabilityError while a file of the day's `revision` or a newer one is in conflict.

        An older one is no longer what the day is made from: a correction has gone past it.
        """
        first = Path(day_file(day))
        folder = (self._root / REFUSED / first).parent
        for path in sorted(folder.glob(f"*/{first.stem}*.csv")):
            named = parse_day_file(f"{first.parent.as_posix()}/{path.name}")
            if named is not None and named[1] < revision:
                continue
            raise ImmutabilityError(
                f"{path} is in conflict: the lake holds other bytes under its name. Expected no conflict of {day}: "
                f"move the file to {WAITING}/ under the next revision's name, or remove it"
            )

    def take(self, path: Path, data: bytes) -> None:
        """Move a waiting file to the taken ones; `data` is what was read from it and lies in the lake."""
        self._move(path, self._root / TAKEN / path.relative_to(self._root / WAITING), data)

    def refuse(self, path: Path, data: bytes) -> Path:
        """Move a waiting file to those in conflict; returns where it lies now."""
        target = self._in_conflict(path.relative_to(self._root / WAITING), data)
        self._move(path, target, data)
        return target

    def give_back(self, day: SymbolDay, stored: Container[str]) -> None:
        """Let files of the day wait once more that were taken and whose keys are not `stored`: the lake was emptied."""
        for file in self.taken(day):
            if file.key not in stored:
                data = read_plain(file.path)
                self._move(file.path, self._root / WAITING / file.path.relative_to(self._root / TAKEN), data)

    def taken_within(self, seconds: float) -> tuple[int, int]:
        """Number and bytes of the files that were taken in the last `seconds`."""
        since = time.time() - seconds
        found = [path.stat() for path in (self._root / TAKEN).glob("*/*/*/*.csv")]
        sizes = [status.st_size for status in found if status.st_ctime >= since]  # a move renews ctime alone
        return len(sizes), sum(sizes)

    def _in_conflict(self, name: Path, data: bytes) -> Path:
        return self._root / REFUSED / name.parent / sha256(data).hexdigest()[:16] / name.name

    def _files(self, state: str, day: SymbolDay | None) -> list[LandedFile]:
        folder = self._root / state
        pattern = "*/*/*/*.csv" if day is None else day_file(day).replace(".csv", "*.csv")
        named = ((path, self._parse(path, folder)) for path in folder.glob(pattern))
        found = [LandedFile(path, *name) for path, name in named if name and day in (None, name[0])]
        return sorted(found, key=lambda file: (file.day, file.revision))

    def _parse(self, path: Path, folder: Path) -> tuple[SymbolDay, int] | None:
        return parse_day_file(path.relative_to(folder).as_posix())

    def _move(self, path: Path, target: Path, data: bytes) -> None:
        """Move the file unless it was replaced since it was read, or another process has moved it."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            if read_plain(path) != data:
                return  # it waits for the next look
            try:
                os.link(path, target)  # unlike a rename, a link replaces nothing
            except FileExistsError:
                if read_plain(target) != data:
                    aside = target.with_name(f"{target.stem}.{sha256(data).hexdigest()[:16]}{target.suffix}")
                    path.replace(aside)
                    return
            path.unlink()
