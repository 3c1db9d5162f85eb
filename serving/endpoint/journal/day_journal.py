"""The journal of one stream of a symbol-day: written before it is answered, whole or not at all."""

from __future__ import annotations

import asyncio
import errno
import os
from pathlib import Path
from typing import Any, Self

import orjson

from serving.endpoint.journal.group_sync import GroupSync
from serving.endpoint.journal.room import Room
from ticklake_assets.core.features import FEATURES, KERNEL_VERSION
from ticklake_assets.core.quotes import RULES_VERSION
from ticklake_assets.core.schemas import names
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.journal.folders import SEALED, SUFFIX, day_folder, newest
from ticklake_assets.journal.frames import BATCH, CONTROL, HEADER, MAGIC, frame

_UNFINISHED = ".filling"


class DayJournal:
    """An open file; unbuffered, so that a killed server loses nothing that it answered.

    What cannot be written whole, or be made durable where that was promised, is taken back: the file ends where it
    ended before, and the OSError, or `JournalFullError`, is the caller's.
    """

    def __init__(self, path: Path, descriptor: int, end: int, sync: GroupSync, room: Room) -> None:
        self.path = path
        self._descriptor = descriptor
        self._end = end
        self._durable_end: int | None = None
        """Up to here the disk has said that it holds the file; None before it was asked."""
        self._sync = sync
        self._room = room

    @classmethod
    def begin(
        cls, root: Path, day: SymbolDay, sync: GroupSync, room: Room, *, fills: bool = False, **told: Any
    ) -> Self:
        """Start the day's next stream in a file of its own, with `told` in its header; earlier ones stay as they are.

        One that `fills` what an earlier one lacks counts from `finish` on: until then the earlier one is the day's.
        """
        folder = day_folder(root, day)
        before = newest(root, day)
        number = 1 if before is None else int(before.stem) + 1
        header = {
            "symbol": day.symbol,
            "trading_day": day.trading_day.isoformat(),
            "kernel_version": KERNEL_VERSION,
            "rules_version": RULES_VERSION,
            "features": names(FEATURES),
            **told,
        }
        first = MAGIC + frame(HEADER, orjson.dumps(header))
        room.take(len(first))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{number:04}{_UNFINISHED if fills else SUFFIX}"
        if fills:
            path.unlink(missing_ok=True)  # of a server that was killed while it filled
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND
        journal = cls(path, os.open(path, flags, 0o600), 0, sync, room)
        try:
            journal._write(first)
        except OSError:
            journal.close()
            path.unlink()
            raise
        journal._durable_end = journal._end  # a header alone acknowledges nothing
        _sync_folder(folder)
        return journal

    @classmethod
    def resume(cls, path: Path, end: int, sync: GroupSync, room: Room) -> Self:
        """Open a file to go on behind its last whole frame, at `end`; what a killed writer left there is cut off."""
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
        torn = path.stat().st_size - end
        if torn > 0:
            os.ftruncate(descriptor, end)
            room.give_back(torn)
        return cls(path, descriptor, end, sync, room)

    def batch(self, packed: bytes) -> None:
        """Remember a message's ticks and what came of them, a packed `Batch`."""
        self._append(BATCH, packed)

    def control(self, what: str, **told: Any) -> None:
        """Remember a decision about the day."""
        self._append(CONTROL, orjson.dumps({"what": what, **told}))

    async def durable(self) -> None:
        """Wait for the disk where the setting asks for it.

        Raises:
            OSError: it failed. What it has not said to hold is in the file no more: after a failed fsync the system
                would read it back, and a later fsync would pass, though the disk never got it.
        """
        if not self._sync.waits:
            return
        end = self._end
        try:
            await asyncio.wrap_future(self._sync.synced(self._descriptor))
        except OSError:
            self._take_back()
            raise
        self._durable_end = end

    def durable_now(self) -> None:
        """The same without letting others run meanwhile: of a day that turns, once."""
        if not self._sync.waits:
            return
        try:
            self._sync.synced(self._descriptor).result()
        except OSError:
            self._take_back()
            raise
        self._durable_end = self._end

    def finish(self) -> None:
        """Let a stream that fills another one count in its place."""
        self.path = self.path.rename(self.path.with_suffix(SUFFIX))
        _sync_folder(self.path.parent)

    def seal(self) -> None:
        """Close the file of a day that is over: nothing may be written any more."""
        self._append(CONTROL, SEALED)
        os.fchmod(self._descriptor, 0o400)
        self.close()

    def close(self) -> None:
        self._sync.close_file(self._descriptor)

    def _take_back(self) -> None:
        if self._durable_end is not None:
            os.ftruncate(self._descriptor, self._durable_end)
            self._room.give_back(self._end - self._durable_end)
            self._end = self._durable_end

    def _append(self, kind: int, payload: bytes) -> None:
        data = frame(kind, payload)
        self._room.take(len(data))
        try:
            self._write(data)
        except OSError:
            self._room.give_back(len(data))
            raise

    def _write(self, data: bytes) -> None:
        try:
            written = os.write(self._descriptor, data)
            if written != len(data):  # the disk had room for a part of it
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        except OSError:
            os.ftruncate(self._descriptor, self._end)
            raise
        self._end += len(data)
        self._sync.written(self._descriptor, len(data))


def _sync_folder(folder: Path) -> None:
    """A new file's name is durable once its folder is, and the folder's own name once its parent is."""
    for place in (folder, folder.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
