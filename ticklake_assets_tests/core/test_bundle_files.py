from __future__ import annotations

import io
import zipfile

import pytest

from ticklake_assets.core.bundle_files import MANIFEST, MOST_MANIFEST, manifest_of
from ticklake_assets.core.errors import BundleError


def _bundle(manifest: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, manifest)
    return buffer.getvalue()


def test_a_manifest_is_unpacked_up_to_a_limit() -> None:
    assert manifest_of(_bundle(b"{}"), "file") == b"{}"
    bomb = _bundle(bytes(MOST_MANIFEST + 1))
    assert len(bomb) < 10_000
    with pytest.raises(
        BundleError, match=r"of the file is too large\. Expected at most 1048576 bytes, was 1048577"
    ):
        manifest_of(bomb, "file")


def test_what_is_no_bundle_is_said() -> None:
    with pytest.raises(BundleError, match="The file is no bundle"):
        manifest_of(b"PK", "file")
