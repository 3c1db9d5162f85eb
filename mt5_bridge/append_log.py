"""An append-only file of JSON lines that survives a kill at any byte, and one whose lines are chained."""

from __future__ import annotations

import hashlib
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
        self._append(_line(record), durable=durable)

    def close(self) -> None:
        self._file.close()
        self._lock_file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _append(self, line: bytes, *, durable: bool) -> None:
        try:
            self._write(line + b"\n")
            if durable:
                self._sync()
        except OSError as error:
            raise self._refused(error) from error

    def _write(self, line: bytes) -> None:
        written = self._file.write(line)
        if written != len(line):
            raise JournalError(f"{self.path}: short write. Expected {len(line)} bytes, was {written}")

    def _sync(self) -> None:
        os.fsync(self._file.fileno())

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
        return [
            self._record(number, line) for number, line in enumerate(content[:end].split(b"\n")[:-1], start=1)
        ]

    def _record(self, number: int, line: bytes) -> Record:
        return _object(self.path, number, line)


class ChainedLog(AppendLog):
    """Each line names its number and the hash of the line before, the first says whose the file is.

        {"n":1,"prev":"","kind":"session","account":"paper", ...}
        {"n":2,"prev":"<sha256 of line 1>", ...}

    A line that was taken out, put in, doubled or changed is refused by its number, and so is another's file. Lines
    missing at the end show against the other side's log alone, which names hashes of this one (`holds`).
    """

    def __init__(self, path: Path, session: Record) -> None:
        """`session` tells this file from all others; JournalError where the file is another's."""
        self._session: Record = {"kind": "session", **session}
        self._count = 0
        self.head = ""
        """Hash of the newest line."""
        self._heads: set[str] = set()
        super().__init__(path)
        try:
            if not self._count:
                self.append(self._session, durable=True)
        except BaseException:
            self.close()
            raise
        self.records = self.records[1:]

    def append(self, record: Record, *, durable: bool) -> None:
        line = _line({"n": self._count + 1, "prev": self.head, **record})
        self._append(line, durable=durable)
        self._chain(line)

    def holds(self, head: str) -> bool:
        """Whether one of its lines has this hash."""
        return head in self._heads

    def _record(self, number: int, line: bytes) -> Record:
        record = _in_chain(self.path, number, line, self.head)
        if number == 1 and record != json.loads(_line(self._session)):
            raise _damaged(self.path, 1, f"the file of {self._session}", f"that of {record}")
        self._chain(line)
        return record

    def _chain(self, line: bytes) -> None:
        self.head = hashlib.sha256(line).hexdigest()
        self._heads.add(self.head)
        self._count += 1


class LookedAtLog:
    """A chained log as it is now, which another process may be writing: nothing is locked, cut off or changed."""

    def __init__(self, path: Path) -> None:
        """JournalError where the file cannot be read or its chain is broken."""
        self.path = path
        try:
            content = path.read_bytes()
        except OSError as error:
            raise JournalError(f"{path}: {error.strerror}. Expected a journal that can be read") from error
        if not content.startswith(b'{"n":1,') or b"\n" not in content:
            raise _damaged(path, 1, "a journal's first line", repr(content[:80]))
        head, found = "", list[Record]()
        for number, line in enumerate(content.split(b"\n")[:-1], start=1):
            found.append(_in_chain(path, number, line, head))
            head = hashlib.sha256(line).hexdigest()
        self.session = found[0]
        """The first line: whose the file is."""
        self.records = found[1:]


def _line(record: Record) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode()


def _object(path: Path, number: int, line: bytes) -> Record:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise _damaged(path, number, "JSON", repr(line[:80])) from error
    if not isinstance(record, dict):
        raise _damaged(path, number, "a JSON object", repr(line[:80]))
    return record


def _in_chain(path: Path, number: int, line: bytes, head: str) -> Record:
    """The record without its place in the chain, which must be this one."""
    record = _object(path, number, line)
    place = {name: record.pop(name, None) for name in ("n", "prev")}
    expected = {"n": number, "prev": head}
    if place != expected:
        was = f"{place}: a line before it was changed, taken out or put in"
        raise _damaged(path, number, f"the chain to go on with {expected}", was)
    return record


def _damaged(path: Path, number: int, expected: str, was: str) -> JournalError:
    return JournalError(f"{path}, line {number}: Expected {expected}, was {was}")
