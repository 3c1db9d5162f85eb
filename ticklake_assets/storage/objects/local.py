"""The object store as a folder: an object is a file, created or replaced whole."""

from __future__ import annotations

import errno
import io
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pyarrow import fs

from ticklake_assets.core.errors import SetupError
from ticklake_assets.files import create_file, replace_file
from ticklake_assets.storage.objects.store import (
    PIECE,
    StoredObject,
    already_there,
    checked_key,
    missing,
    payload,
)

_INCOMING = ".incoming"
_ABANDONED_S = 86_400.0
_NO_HARD_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}


class LocalObjectStore:
    """Objects are files under `root`.

    The etag is modification time, size and inode: listing needs no read. Touching a file changes its etag and
    not its sha256, which sealing tells apart; two writes in place of equal length within one clock tick of
    the file system cannot be told apart.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    def sweep(self) -> None:
        """Remove what killed writers have left half written: nobody writes one object for a day."""
        with (
            suppress(OSError),
            os.scandir(self._root / _INCOMING) as left,
        ):  # what uses the folder complains of it
            for entry in left:
                with suppress(FileNotFoundError):
                    if entry.stat(follow_symlinks=False).st_mtime < time.time() - _ABANDONED_S:
                        Path(entry.path).unlink()

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        folder = prefix.rpartition("/")[0]
        start = self._root / folder if folder else self._root
        found: list[StoredObject] = []
        with _explained_errors("list", start):
            _walk(start, f"{folder}/" if folder else "", prefix, found)
        return iter(sorted(found))

    def head(self, key: str) -> StoredObject | None:
        path = self._path(key)
        try:
            with _explained_errors("look up", path):
                return _described(key, path.stat())
        except (FileNotFoundError, NotADirectoryError):
            return None

    def get(self, key: str) -> bytes:
        return self.read(key)[1]

    def read(self, key: str) -> tuple[StoredObject, bytes]:
        path = self._path(key)
        try:
            with _explained_errors("read", path), path.open("rb") as file:
                data = file.read()
                return _described(key, os.fstat(file.fileno())), data
        except (FileNotFoundError, NotADirectoryError):
            raise missing(str(path)) from None

    @contextmanager
    def stream(self, key: str) -> Iterator[tuple[StoredObject, Iterator[bytes]]]:
        path = self._path(key)
        try:
            with _explained_errors("read", path):
                file = path.open("rb", buffering=0)
        except (FileNotFoundError, NotADirectoryError):
            raise missing(str(path)) from None
        with file:
            yield _described(key, os.fstat(file.fileno())), _pieces(file, path)

    def put(self, key: str, data: bytes | Path) -> StoredObject:
        return self._write(key, payload(data), replace_file)

    def create(self, key: str, data: bytes | Path) -> StoredObject:
        try:
            return self._write(key, payload(data), _create)
        except FileExistsError:
            raise already_there(str(self._path(key))) from None

    def delete(self, key: str) -> None:
        path = self._path(key)
        try:
            with _explained_errors("delete", path):
                path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return
        for parent in path.parents:
            if parent == self._root:
                return
            try:
                parent.rmdir()
            except OSError:  # not empty: where tidying ends
                return

    def uri(self, key: str) -> str:
        return str(self._path(key))

    def filesystem(self) -> fs.FileSystem:
        return fs.LocalFileSystem()

    def fs_path(self, key: str) -> str:
        return str(self._path(key))

    def _path(self, key: str) -> Path:
        return self._root / checked_key(key)

    def _write(self, key: str, data: bytes, write: Callable[..., os.stat_result]) -> StoredObject:
        path = self._path(key)
        with _explained_errors("write", path):
            return _described(key, write(path, data, aside=self._root / _INCOMING))


def _pieces(file: io.FileIO, path: Path) -> Iterator[bytes]:
    with _explained_errors("read", path):
        while piece := file.read(PIECE):
            yield piece


def _create(path: Path, data: bytes, *, aside: Path) -> os.stat_result:
    """A hard link fails where the name exists, in one step: the race-free create."""
    try:
        return create_file(path, data, aside=aside)
    except OSError as error:
        if error.errno in _NO_HARD_LINKS:
            raise SetupError(
                f"File system of {path.parent}. Expected one with hard links (create-only writes need them), "
                f"was one that answers {error.strerror!r}"
            ) from error
        raise


def _walk(folder: Path, key: str, prefix: str, found: list[StoredObject]) -> None:
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        name = key + entry.name
        if name == _INCOMING:
            continue
        if entry.is_dir():
            if f"{name}/".startswith(prefix) or prefix.startswith(f"{name}/"):
                _walk(Path(entry.path), f"{name}/", prefix, found)
        elif name.startswith(prefix):
            try:
                found.append(_described(name, entry.stat()))
            except FileNotFoundError:  # deleted while being listed
                continue


def _described(key: str, status: os.stat_result) -> StoredObject:
    return StoredObject(key, status.st_size, f"{status.st_mtime_ns:x}-{status.st_size:x}-{status.st_ino:x}")


@contextmanager
def _explained_errors(action: str, path: Path) -> Iterator[None]:
    """Turn what the disk refuses into one line; absence and presence stay as they are."""
    try:
        yield
    except (FileNotFoundError, FileExistsError):
        raise
    except OSError as error:
        if action != "write" and isinstance(error, NotADirectoryError):
            raise
        raise SetupError(
            f"Cannot {action} {path}. Expected a folder that allows it and a disk with room, "
            f"was {error.strerror or error}"
        ) from error
