"""Sealed raw bytes on their way into the lake: nothing made from them is published before they are hashed again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from ticklake_assets.core.errors import TicklakeError
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.raw.seals import Seal, require_sealed


class SealedBytes:
    """What lies under a seal's key. Nothing made from it is published without `verified`."""

    def __init__(self, store: ObjectStore, seal: Seal) -> None:
        self.data = store.get(seal.key)
        self.key = seal.key
        self._store = store
        self._seal = seal

    def verified(self) -> Seal:
        """The seal, once the bytes are hashed and known to be its own; else `ImmutabilityError`."""
        digest = sha256(self.data).hexdigest()
        require_sealed(self._store, self.key, digest, self._seal.sha256, self.data)
        return self._seal


def read_sealed(store: ObjectStore, seal: Seal) -> bytes:
    """The sealed bytes, verified; `ImmutabilityError` when the object changed after sealing."""
    sealed = SealedBytes(store, seal)
    sealed.verified()
    return sealed.data


@contextmanager
def reading(store: ObjectStore, seal: Seal) -> Iterator[SealedBytes]:
    """The bytes before they are verified, to parse them; an error in the block is told only of the sealed ones."""
    sealed = SealedBytes(store, seal)
    try:
        yield sealed
    except TicklakeError:
        sealed.verified()
        raise
