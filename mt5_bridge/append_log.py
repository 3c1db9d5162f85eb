"""An append-only file of JSON lines that survives a kill at any byte."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mt5_bridge.errors import JournalError
from mt5_bridge.files import sync_folder

Record = dict[str, Any]

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


class AppendLog:
    """One JSON object a line. A last line without its line end was being written when its writer died: it
    is cut off on opening, as if it had never begun. Held by one process at a time.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock_file = open(path.with_suffix(".lock"), "a", opener=_for_its_owner)  # noqa: SIM115 held open until `close`
            self._file = open(path, "a+b", buffering=0, opener=_for_its_owner)  # noqa: SIM115 and this
        except OSError as error:
            raise self._refused(error) from error
        try:
            _lock(self._lock_file.fileno())
        except OSError as error:
            self.close()
            raise JournalError(f"{path} is held by another process. Expected one bridge a journal") from error
        sync_folder(path.parent)
        try:
            self.records = self._read()
            """What the file held when it was opened."""
        except JournalError:
            self.close()
            raise

    def append(self, record: Record, *, durable: bool) -> None:
        """Write one line; `durable` waits until the disk has it (and everything before it)."""
        try:
            self._write(json.dumps(record, separators=(",", ":")).encode() + b"\n")
            if durable:
                os.fsync(self._file.fileno())
        except OSError as error:
            raise self._refused(error) from error

    def close(self) -> None:
        self._file.close()
        self._lock_file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, line: bytes) -> None:
        written = self._file.write(line)
        if written != len(line):
            raise JournalError(f"{self.path}: short write. Expected {len(line)} bytes, was {written}")

    def _refused(self, error: OSError) -> JournalError:
        return JournalError(
            f"{self.path}: the disk refuses the journal ({error.strerror}). Expected a folder that can be written "
            "and has room; what is in the journal is not sent again"
        )

    def _read(self) -> list[Record]:
        self._file.seek(0)
        content = self._file.read()
        end = content.rfind(b"\n") + 1
        if end < len(content):
            self._file.truncate(end)
        records = []
        for number, line in enumerate(content[:end].splitlines(), start=1):
            try:
                record = json.loads(line)
            except ValueError as error:
                raise JournalError(f"{self.path}, line {number}: Expected JSON, was {line[:80]!r}") from error
            records.append(record)
        return records
