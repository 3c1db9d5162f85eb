"""One protocol for the lake's bytes, over local files and S3.

Objects are written whole, appear atomically and are small: a symbol-day is at most some 20 MB. `create` is the
law of immutability: of any number of racing writers exactly one wins.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol

from pyarrow import fs

from ticklake_assets.core.errors import ImmutabilityError, MissingDataError, SetupError

PIECE = 1 << 18
"""Bytes: what a cache holds, so that looking at a piece twice costs little more than once."""


class StoredObject(NamedTuple):
    """One line of an inventory. Another etag: the object was written again, perhaps with the same bytes."""

    key: str
    size: int
    """Bytes."""
    etag: str


class ObjectStore(Protocol):
    """Whole objects by key.

    Every method raises `SetupError` when the store cannot work as configured (credentials, bucket,
    permissions, a full disk) and `TransientError` when it does not answer.
    """

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """Every object whose key starts with `prefix`, sorted by key."""

    def head(self, key: str) -> StoredObject | None:
        """The object's inventory line, or None where there is no such object."""

    def get(self, key: str) -> bytes:
        """The object's bytes; `MissingDataError` where there is no such object."""

    def read(self, key: str) -> tuple[StoredObject, bytes]:
        """Bytes together with the inventory line that belongs to exactly these bytes."""

    def stream(self, key: str) -> AbstractContextManager[tuple[StoredObject, Iterator[bytes]]]:
        """As `read`, in pieces of `PIECE` bytes at most: for what looks at each byte once."""

    def put(self, key: str, data: bytes | Path) -> StoredObject:
        """Write or replace atomically: a reader sees the old bytes or the new, never a part."""

    def create(self, key: str, data: bytes | Path) -> StoredObject:
        """Write atomically where nothing is; `ImmutabilityError` where something is, whatever its bytes."""

    def delete(self, key: str) -> None:
        """Remove the object; nothing happens where there is none."""

    def uri(self, key: str) -> str:
        """Address for other engines: an absolute local path, or `s3://bucket/key`."""

    def filesystem(self) -> fs.FileSystem:
        """pyarrow's view of the same store; its paths come from `fs_path`."""

    def fs_path(self, key: str) -> str:
        """Path of the object within `filesystem()`."""


def create_or_same(store: ObjectStore, key: str, data: bytes) -> tuple[StoredObject, bool]:
    """Create the object, or find that it is already there with the same bytes.

    Returns the object and whether this call created it. The repeat of an interrupted write is therefore
    harmless, and so is a client library that repeats a request whose answer was lost. Other bytes:
    `ImmutabilityError`.
    """
    try:
        return store.create(key, data), True
    except ImmutabilityError:
        found, existing = store.read(key)
        if existing != data:
            raise
        return found, False


def checked_key(key: str) -> str:
    """Refuse a key that could leave the store's root or has no file name."""
    if any(part in ("", ".", "..") for part in key.split("/")) or "\\" in key or "\0" in key:
        raise SetupError(f"Object key. Expected relative parts like 'raw/ticks/x.csv', was {key!r}")
    return key


def payload(data: bytes | Path) -> bytes:
    """Bytes as given, or a local file's."""
    return data.read_bytes() if isinstance(data, Path) else data


def missing(address: str) -> MissingDataError:
    return MissingDataError(f"No object {address}. Expected an object that was listed or sealed, was nothing")


def already_there(address: str) -> ImmutabilityError:
    return ImmutabilityError(
        f"Create-only write of {address}. Expected a free key, was taken: a correction needs a new revision"
    )
