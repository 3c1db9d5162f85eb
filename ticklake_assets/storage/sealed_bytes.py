"""Sealed raw bytes on their way into the lake: hashed again, beside the work that is done on them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256

from ticklake_assets.core.errors import TicklakeError
from ticklake_assets.storage.object_store import ObjectStore
from ticklake_assets.storage.raw_seals import Seal, require_sealed


def read_sealed(store: ObjectStore, seal: Seal) -> bytes:
    """The sealed bytes, verified; `ImmutabilityError` when the object changed after sealing."""
    with reading(store, seal) as sealed:
        sealed.verified()
        return sealed.data


@contextmanager
def reading(store: ObjectStore, seal: Seal) -> Iterator[SealedBytes]:
    """Hash the bytes while they are parsed and encoded: a third of the time from CSV to Parquet.

    An error in the block is told only of bytes that are the sealed ones.
    """
    with ThreadPoolExecutor(1) as beside:
        sealed = SealedBytes(store, seal, beside)
        try:
            yield sealed
        except TicklakeError:
            sealed.verified()
            raise


class SealedBytes:
    """What lies under a seal's key. Nothing made from it is published without `verified`."""

    def __init__(self, store: ObjectStore, seal: Seal, beside: ThreadPoolExecutor) -> None:
        self.data = store.get(seal.key)
        self.key = seal.key
        self._store = store
        self._seal = seal
        self._digest = beside.submit(_sha256, self.data)

    def verified(self) -> Seal:
        """The seal, once the bytes are known to be its own; else `ImmutabilityError`."""
        require_sealed(self._store, self.key, self.data, self._digest.result(), self._seal.sha256)
        return self._seal


def _sha256(data: bytes) -> str:
    return sha256(data).hexdigest()
