from __future__ import annotations

import io
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from ticklake_assets.core.errors import BundleError, ImmutabilityError, MissingDataError
from ticklake_assets.storage.models.bundles import bundle_key, bundles_from, get_bundle, put_bundle
from ticklake_assets.storage.objects.opening import open_store

MANIFEST = b'{"symbol": "EURUSD"}'
DIGEST = sha256(MANIFEST).hexdigest()


def make_bundle(manifest: bytes = MANIFEST, model: bytes = b"onnx") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("manifest.json", manifest)
        archive.writestr("pattern.onnx", model)
    return buffer.getvalue()


def test_a_bundle_comes_back_byte_for_byte_and_twice_is_once(tmp_path: Path) -> None:
    store, data = open_store(tmp_path.as_uri()), make_bundle()
    assert put_bundle(store, "EURUSD", DIGEST, data) == put_bundle(store, "EURUSD", DIGEST, data)
    assert get_bundle(store, "EURUSD", DIGEST) == data
    assert [stored.key for stored in store.list()] == [f"bundles/EURUSD/{DIGEST}.zip"]


def test_other_bytes_never_replace_a_bundle(tmp_path: Path) -> None:
    store = open_store(tmp_path.as_uri())
    put_bundle(store, "EURUSD", DIGEST, make_bundle())
    with pytest.raises(ImmutabilityError, match="holds another file"):
        put_bundle(store, "EURUSD", DIGEST, make_bundle(model=b"other"))
    assert get_bundle(store, "EURUSD", DIGEST) == make_bundle()


def test_bytes_of_another_digest_are_refused_on_the_way_in_and_out(tmp_path: Path) -> None:
    store = open_store(tmp_path.as_uri())
    with pytest.raises(BundleError, match="another manifest"):
        put_bundle(store, "EURUSD", DIGEST, make_bundle(b"{}"))
    store.put(bundle_key("EURUSD", DIGEST), make_bundle(b"{}"))
    with pytest.raises(BundleError, match=f"Expected digest {DIGEST}"):
        get_bundle(store, "EURUSD", DIGEST)


@pytest.mark.parametrize("data", [b"", b"not a zip", make_bundle()[:-30]])
def test_a_file_that_is_no_bundle_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(BundleError, match="is no bundle"):
        put_bundle(open_store(tmp_path.as_uri()), "EURUSD", DIGEST, data)


def test_an_unknown_digest_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=DIGEST):
        get_bundle(open_store(tmp_path.as_uri()), "EURUSD", DIGEST)


def test_bundles_are_found_by_the_dataset_that_they_name(tmp_path: Path) -> None:
    store, digests = open_store(tmp_path.as_uri()), []
    for number, dataset in enumerate(["ours", "ours", "another"]):
        manifest = f'{{"dataset": {{"digest": "{dataset}"}}, "number": {number}}}'.encode()
        digests.append(sha256(manifest).hexdigest())
        put_bundle(store, "EURUSD", digests[-1], make_bundle(manifest))
    put_bundle(store, "EURUSD", DIGEST, make_bundle())
    assert bundles_from(store, "EURUSD", "ours") == sorted(digests[:2])
    assert bundles_from(store, "GBPJPY", "ours") == []
