"""What a model bundle's files are called, and what it is known by: for those who keep it and those who open it."""

from __future__ import annotations

import io
import zipfile
from hashlib import sha256

from ticklake_assets.core.errors import BundleError

MANIFEST, SIGNATURE = "manifest.json", "signature"
PATTERN, ANOMALY, CARD = "pattern.onnx", "anomaly.json", "model_card.md"
GOLDEN, REFERENCE = "golden.json", "reference.json"
MOST_MANIFEST = 2**20
"""Bytes of a manifest; a real one has some thousands. What unpacks to more is not unpacked."""


def manifest_of(bundle: bytes, where: str) -> bytes:
    """The manifest's bytes, whatever kernel it is of and whoever signed it; BundleError where it is no bundle."""
    try:
        with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
            size = archive.getinfo(MANIFEST).file_size
            if size > MOST_MANIFEST:
                raise BundleError(
                    f"The {MANIFEST} of the {where} is too large. Expected at most {MOST_MANIFEST} bytes, was {size}"
                )
            return archive.read(MANIFEST)
    except (zipfile.BadZipFile, KeyError) as error:
        raise BundleError(f"The {where} is no bundle: {error}. Expected a zip with {MANIFEST}") from error


def digest_of(manifest: bytes) -> str:
    """A bundle's digest: sha256 of its manifest, which names the sha256 of every other file."""
    return sha256(manifest).hexdigest()
