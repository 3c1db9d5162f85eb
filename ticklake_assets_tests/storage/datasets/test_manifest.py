from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.folds import Windows
from ticklake_assets.storage.datasets.manifest import DatasetDay, DatasetManifest


def make_manifest() -> DatasetManifest:
    parts = ["train", "train", "validate", "test"]
    lines = [
        DatasetDay(date(2024, 1, 1) + timedelta(days=at), part, 10 + at, 25_000, at != 1, f"a{at}", f"b{at}")
        for at, part in enumerate(parts)
    ]
    snapshots = {"bars": 1, "features": 2, "labels": 3}
    return DatasetManifest(
        "EURUSD",
        date(2024, 1, 5),
        Windows(2, 1, 1),
        "1",
        ("f1", "f2"),
        snapshots,
        tuple(lines),
        {"train.parquet": "c"},
    )


def test_a_manifest_comes_back_equal_with_the_same_digest() -> None:
    manifest = make_manifest()
    back = DatasetManifest.from_json(manifest.to_json(), "here")
    assert back == manifest
    assert back.digest == manifest.digest


def test_one_partition_is_one_block_of_lines_and_the_order_of_keys_is_fixed() -> None:
    manifest = make_manifest()
    turned = replace(manifest, snapshots=dict(reversed(list(manifest.snapshots.items()))))
    assert turned.to_json() == manifest.to_json()


def test_only_the_snapshot_ids_may_differ_in_the_same_content() -> None:
    manifest = make_manifest()
    again = replace(manifest, snapshots={"bars": 7, "features": 8, "labels": 9})
    other = replace(
        manifest, partitions=(replace(manifest.partitions[0], sha256="x"), *manifest.partitions[1:])
    )
    assert manifest.same_content(again)
    assert again.digest != manifest.digest
    assert not manifest.same_content(other)


def test_the_commit_of_a_day_is_kept_where_it_is_known_and_is_no_content() -> None:
    manifest = make_manifest()
    assert b'"snapshot":' not in manifest.to_json(), "as in the manifests from before it was kept"
    first, *others = manifest.partitions
    committed = replace(manifest, partitions=(replace(first, snapshot=42), *others))
    assert DatasetManifest.from_json(committed.to_json(), "here") == committed
    assert committed.digest != manifest.digest
    assert manifest.same_content(committed)
    assert committed.same_content(manifest)


def test_the_label_version_is_content_and_absent_from_the_oldest() -> None:
    oldest = make_manifest()
    assert b"label_version" not in oldest.to_json()
    versioned = replace(oldest, label_version="1-a")
    assert DatasetManifest.from_json(versioned.to_json(), "here") == versioned
    assert not versioned.same_content(oldest)


def test_it_knows_its_rows_open_days_and_windows() -> None:
    manifest = make_manifest()
    assert manifest.rows("train") == 21
    assert manifest.open_days("train") == (date(2024, 1, 1),)
    assert manifest.fold.test == (date(2024, 1, 4),)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        make_manifest().to_json().replace(b'"rows"', b'"lines"'),
        make_manifest().to_json().replace(b'"manifest_version": 1', b'"manifest_version": 2'),
        make_manifest().to_json().replace(b"\n", b""),
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(DataError, match=r"^there (is no|has|was).*Expected"):
        DatasetManifest.from_json(data, "there")
