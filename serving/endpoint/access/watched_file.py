"""A small file that is read again when it has changed; asking whether it has costs one `stat`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")
_Mark = tuple[int, int, int]


class WatchedFile(Generic[T]):
    """What `parse` makes of a file's content now, or of None where there is no file.

    Whoever changes the file replaces it (`files.replace_file`), so inode, time and size tell.
    """

    def __init__(self, path: Path, parse: Callable[[bytes | None], T]) -> None:
        self._path = path
        self._parse = parse
        self._seen: _Mark | None = None
        self._value = parse(None)

    @property
    def value(self) -> T:
        """Errors of `parse` are raised each time, until the file is mended."""
        try:
            now = _mark(self._path.stat())
        except FileNotFoundError:
            now = None
        if now != self._seen:
            self._read()
        return self._value

    def _read(self) -> None:
        try:
            with self._path.open("rb") as file:
                seen, content = _mark(os.fstat(file.fileno())), file.read()
        except FileNotFoundError:
            self._seen, self._value = None, self._parse(None)
            return
        self._value = self._parse(content)
        self._seen = seen


def _mark(status: os.stat_result) -> _Mark:
    return status.st_mtime_ns, status.st_ino, status.st_size
