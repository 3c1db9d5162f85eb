"""A dataset's day down to its raw bytes, and what is said where a link broke since."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ticklake_assets.core.day_files import raw_key
from ticklake_assets.core.features import KERNEL_VERSION
from ticklake_assets.core.folds import Windows
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.lifecycle.day_provenance import DayProvenance, Node
from ticklake_assets.storage.datasets.manifest import DatasetDay, DatasetManifest
from ticklake_assets.storage.objects.opening import open_store
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.partitions.store import PartitionManifest, PartitionStore, RawSource
from ticklake_assets.storage.raw.seals import Seal, seal_object
from ticklake_assets.storage.raw.state import forget_made_from, write_made_from
from ticklake_assets_tests.storage.raw.raw_files import make_raw

DAY = SymbolDay("EURUSD", date(2024, 1, 15))
CORRECTED = "made from other raw bytes since"


def deliver(store: ObjectStore, day: SymbolDay, revision: int) -> Seal:
    """A raw object, sealed, and the layers made from it; their runs are called after them."""
    store.put(raw_key(day, revision), make_raw(10 + revision, day))
    seal = seal_object(store, raw_key(day, revision))
    source = RawSource(key=seal.key, sha256=seal.sha256, revision=revision)
    for layer in ("parquet", "clean"):
        partitions = PartitionStore(store, layer)
        file = partitions.write(day, f"r{revision}", f"{layer} {revision}".encode(), seal.rows)
        made = PartitionManifest(files=(file,), rows=seal.rows, made_from=source, written_by=f"run-{layer}")
        partitions.publish(day, made)
    forget_made_from(store, day)
    properties = {"dagster_run_id": "run-gold", "kernel_version": KERNEL_VERSION}
    write_made_from(store, day, seal.sha256, properties)
    return seal


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store(tmp_path.as_uri())


def below(store: ObjectStore, seal: Seal, *, rehash: bool = False) -> dict[str, Node]:
    """Everything under a day that was frozen from these raw bytes, by kind."""
    line = DatasetDay(DAY.trading_day, "train", 4, 40, open=True, sha256="rows", raw_sha256=seal.sha256)
    manifest = DatasetManifest(
        DAY.symbol, date(2024, 1, 18), Windows(1, 1, 1), KERNEL_VERSION, (), {}, (line,), {}
    )
    node, found = DayProvenance(store, rehash=rehash).day(manifest, line), {}
    while node.made_from:
        (node,) = node.made_from
        found[node.kind] = node
    return found


def test_each_layer_says_what_it_is_and_by_which_run(store: ObjectStore) -> None:
    found = below(store, deliver(store, DAY, 1))
    assert list(found) == ["gold", "clean", "parquet", "raw"]
    assert {found[kind].facts["dagster_run"] for kind in ("gold", "clean", "parquet")} == {
        "run-gold", "run-clean", "run-parquet",
    }  # fmt: skip
    assert found["raw"].name == raw_key(DAY)


def test_a_correction_since_is_said_and_the_frozen_bytes_are_still_found(store: ObjectStore) -> None:
    first = deliver(store, DAY, 1)
    second = deliver(store, DAY, 2)
    old, new = below(store, first), below(store, second)
    assert [old[kind].facts["state"] for kind in ("gold", "clean", "parquet")] == [CORRECTED] * 3
    assert [new[kind].facts["state"] for kind in ("gold", "clean", "parquet")] == ["as frozen"] * 3
    assert (old["raw"].name, new["raw"].name) == (raw_key(DAY), raw_key(DAY, 2))
    assert old["raw"].facts["state"] == "there"
    provenance = DayProvenance(store)
    assert provenance.sealed(DAY, 1) == [first.sha256]
    assert provenance.sealed(DAY, 3) == []


def test_raw_bytes_that_changed_are_found_by_reading_them_again(store: ObjectStore) -> None:
    seal = deliver(store, DAY, 1)
    assert below(store, seal, rehash=True)["raw"].facts["state"] == "read again, the same bytes"
    changed = bytearray(store.get(raw_key(DAY)))
    changed[-2] ^= 1
    store.put(raw_key(DAY), bytes(changed))
    assert below(store, seal)["raw"].facts["state"] == "there", "the same size: the inventory can't tell"
    assert below(store, seal, rehash=True)["raw"].facts["state"].startswith("CHANGED: sha256 is ")
    store.put(raw_key(DAY), b"shorter")
    assert below(store, seal)["raw"].facts["state"] == "CHANGED: 7 bytes"


@pytest.mark.parametrize("rehash", [True, False])
def test_what_is_gone_is_said(store: ObjectStore, rehash: bool) -> None:  # noqa: FBT001
    seal = deliver(store, DAY, 1)
    for listed in list(store.list()):
        if not listed.key.startswith("seals/"):
            store.delete(listed.key)
    found = below(store, seal, rehash=rehash)
    assert [found[kind].facts["state"] for kind in ("gold", "clean", "parquet", "raw")] == [
        CORRECTED, "gone", "gone", "gone",
    ]  # fmt: skip


def test_bytes_that_no_seal_names_are_said(store: ObjectStore) -> None:
    seal = deliver(store, DAY, 1)
    stranger = seal.model_copy(update={"sha256": "0" * 64})
    assert below(store, stranger)["raw"].facts["state"] == "no seal names these bytes"
