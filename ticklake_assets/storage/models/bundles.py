"""Model bundles in the object store: one immutable object a digest.

A digest is the sha256 of the bundle's `manifest.json`, which names the sha256 of every other member. The name
is checked here; members and signature by whoever opens the bundle (`modeling.deployed.bundle`).
"""

from __future__ import annotations

import json

from ticklake_assets.core.bundle_files import digest_of, manifest_of
from ticklake_assets.core.errors import BundleError, ImmutabilityError, MissingDataError
from ticklake_assets.storage.objects.store import ObjectStore

_FOLDER = "bundles/"


def bundle_key(symbol: str, digest: str) -> str:
    return f"{_FOLDER}{symbol}/{digest}.zip"


def stored_bundles(store: ObjectStore, symbol: str = "") -> list[tuple[str, str]]:
    """Symbol and digest of every bundle, or of a symbol's."""
    keys = (found.key for found in store.list(f"{_FOLDER}{symbol}/" if symbol else _FOLDER))
    named = (key.removeprefix(_FOLDER).removesuffix(".zip").split("/") for key in keys)
    return [(of_symbol, digest) for of_symbol, digest in named]


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


def bundle_manifest(store: ObjectStore, symbol: str, digest: str) -> bytes:
    """What the bundle says of itself, whatever kernel it is of: to be looked at, not run."""
    return manifest_of(get_bundle(store, symbol, digest), bundle_key(symbol, digest))


def dataset_of(store: ObjectStore, symbol: str, digest: str) -> dict[str, str]:
    """Identity of the dataset that a bundle says it was made from."""
    stated: dict[str, str] = json.loads(bundle_manifest(store, symbol, digest)).get("dataset", {})
    return stated


def bundles_from(store: ObjectStore, symbol: str, dataset: str) -> list[str]:
    """Digests of the symbol's bundles whose manifest says that they were made from this dataset (its digest)."""
    return sorted(
        digest
        for _, digest in stored_bundles(store, symbol)
        if dataset_of(store, symbol, digest).get("digest") == dataset
    )


def _verify(data: bytes, digest: str, where: str) -> None:
    found = digest_of(manifest_of(data, where))
    if found != digest:
        raise BundleError(f"The {where} has another manifest. Expected digest {digest}, was {found}")
