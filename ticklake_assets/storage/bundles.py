"""Model bundles in the object store: one immutable object a digest.

A digest is the sha256 of the bundle's `manifest.json`, which names the sha256 of every other member. The name
is checked here; members and signature by whoever opens the bundle (`modeling.bundle`).
"""

from __future__ import annotations

import io
import zipfile
from hashlib import sha256

from ticklake_assets.core.errors import BundleError, ImmutabilityError, MissingDataError
from ticklake_assets.storage.object_store import ObjectStore


def bundle_key(symbol: str, digest: str) -> str:
    return f"bundles/{symbol}/{digest}.zip"


def put_bundle(store: ObjectStore, symbol: str, digest: str, data: bytes) -> str:
    """Keep the bytes under their digest for ever and return the key; the same bytes again are fine.

    Raises:
        BundleError: the bytes are not the bundle of that digest.
        ImmutabilityError: the digest already names other bytes.
    """
    key = bundle_key(symbol, digest)
    _verify(data, digest, "given bundle")
    try:
        store.create(key, data)
    except ImmutabilityError:
        if store.get(key) != data:
            raise ImmutabilityError(
                f"{key} holds another file. Expected the same bytes, was others"
            ) from None
    return key


def get_bundle(store: ObjectStore, symbol: str, digest: str) -> bytes:
    """The bundle's bytes, of which the manifest has this digest."""
    key = bundle_key(symbol, digest)
    try:
        data = store.get(key)
    except MissingDataError as error:
        raise MissingDataError(f"Bundle {digest} of {symbol} is not stored. Expected {key}") from error
    _verify(data, digest, key)
    return data


def _verify(data: bytes, digest: str, where: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = sha256(archive.read("manifest.json")).hexdigest()
    except (zipfile.BadZipFile, KeyError) as error:
        raise BundleError(f"The {where} is no bundle: {error}. Expected a zip with manifest.json") from error
    if found != digest:
        raise BundleError(f"The {where} has another manifest. Expected digest {digest}, was {found}")
