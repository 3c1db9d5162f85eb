from __future__ import annotations

import io
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ticklake_assets.core.errors import (
    ConservationError,
    DataError,
    ImmutabilityError,
    MissingDataError,
    SetupError,
)
from ticklake_assets.core.schemas import TICKS
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.partitions.arrow_types import arrow_schema
from ticklake_assets.storage.partitions.store import DataFile, PartitionManifest, PartitionStore, RawSource
from ticklake_assets_tests.storage.raw.raw_files import DAY

SOURCE = RawSource(key="raw/ticks/x.csv", sha256="a" * 64, revision=1)


def make_ticks(rows: int, day: SymbolDay = DAY, bid: float = 1.1) -> pa.Table:
    number = range(rows)
    columns = {
        "source_row": [n + 1 for n in number],
        "ts_event": [day.start_us + n for n in number],
        "bid": [bid] * rows,
        "ask": [bid + 1e-4] * rows,
        "bid_size": [None] * rows,
        "ask_size": [1.0] * rows,
    }
    schema = arrow_schema(TICKS)
    return pa.table(
        {name: pa.array(values, schema.field(name).type) for name, values in columns.items()}
    ).cast(schema)


def parquet_bytes(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def publish(
    partitions: PartitionStore,
    rows: int,
    stem: str,
    day: SymbolDay = DAY,
    run: str = "run-1",
    bid: float = 1.1,
) -> PartitionManifest:
    file = partitions.write(day, stem, parquet_bytes(make_ticks(rows, day, bid)), rows)
    manifest = PartitionManifest(files=(file,), rows=rows, made_from=SOURCE, written_by=run)
    partitions.publish(day, manifest)
    return manifest


def keys(store: ObjectStore) -> list[str]:
    return [found.key for found in store.list()]


def test_what_is_published_is_read(store: ObjectStore) -> None:
    partitions = PartitionStore(store, "parquet")
    manifest = publish(partitions, 3, "abc")
    assert partitions.manifest(DAY) == manifest
    assert partitions.read(DAY) == make_ticks(3)
    assert partitions.read(DAY, ["ts_event", "bid"]).column_names == ["ts_event", "bid"]
    folder = "parquet/ticks/symbol=EURUSD/trading_day=2024-01-15"
    assert keys(store) == [f"{folder}/abc.parquet", f"{folder}/manifest.json"]


def test_a_file_is_invisible_until_its_manifest_is_published(store: ObjectStore) -> None:
    partitions = PartitionStore(store, "parquet")
    partitions.write(DAY, "abc", parquet_bytes(make_ticks(3)), 3)
    assert partitions.manifest(DAY) is None
    with pytest.raises(MissingDataError, match=r"parquet/ticks of EURUSD\|2024-01-15"):
        partitions.read(DAY)


def test_publishing_replaces_and_removes_what_only_the_old_manifest_lists(store: ObjectStore) -> None:
    partitions = PartitionStore(store, "parquet")
    old = publish(partitions, 3, "old")
    kept = partitions.write(DAY, "second", parquet_bytes(make_ticks(2, bid=2.0)), 2)
    both = PartitionManifest(files=(*old.files, kept), rows=5, made_from=SOURCE, written_by="run-2")
    partitions.publish(DAY, both)
    assert partitions.read(DAY).num_rows == 5
    partitions.publish(DAY, both.model_copy(update={"files": (kept,), "rows": 2}))
    assert partitions.read(DAY) == make_ticks(2, bid=2.0)
    assert keys(store) == [f"{partitions.folder(DAY)}manifest.json", kept.key]


def test_writing_the_same_again_changes_nothing(store: ObjectStore) -> None:
    partitions = PartitionStore(store, "parquet")
    first = publish(partitions, 3, "abc", run="run-1")
    second = publish(partitions, 3, "abc", run="run-2")
    assert first.files == second.files
    assert first.digest == second.digest
    assert partitions.read(DAY).num_rows == 3
    assert len(keys(store)) == 2


def test_another_encoding_of_the_same_raw_content_gets_its_own_file(store: ObjectStore) -> None:
    partitions = PartitionStore(store, "parquet")
    first = publish(partitions, 3, "abc")
    file = partitions.write(DAY, "abc", parquet_bytes(make_ticks(3, bid=9.0)), 3)
    assert file.key != first.files[0].key
    assert partitions.read(DAY) == make_ticks(3)
    partitions.publish(DAY, first.model_copy(update={"files": (file,)}))
    assert partitions.read(DAY) == make_ticks(3, bid=9.0)
    assert first.files[0].key not in keys(store)


def unbalanced(manifest: PartitionManifest) -> PartitionManifest:
    return manifest.model_copy(update={"rows": manifest.rows + 1})


def uncounted_quarantine(manifest: PartitionManifest) -> PartitionManifest:
    return manifest.model_copy(update={"quarantined": {"crossed": 1}})


def lost_file(manifest: PartitionManifest) -> PartitionManifest:
    file = manifest.files[0].model_copy(update={"key": "parquet/ticks/none.parquet"})
    return manifest.model_copy(update={"files": (file,)})


def cut_file(manifest: PartitionManifest) -> PartitionManifest:
    file = manifest.files[0].model_copy(update={"size": 1})
    return manifest.model_copy(update={"files": (file,)})


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (unbalanced, ConservationError),
        (uncounted_quarantine, ConservationError),
        (lost_file, MissingDataError),
        (cut_file, MissingDataError),
    ],
)
def test_a_manifest_that_is_not_true_leaves_the_old_content(
    store: ObjectStore, spoil: Callable[[PartitionManifest], PartitionManifest], error: type[Exception]
) -> None:
    partitions = PartitionStore(store, "parquet")
    old = publish(partitions, 3, "old")
    before = keys(store)
    with pytest.raises(error, match="Expected"):
        partitions.publish(DAY, spoil(old.model_copy(update={"written_by": "run-2"})))
    assert partitions.manifest(DAY) == old
    assert partitions.read(DAY) == make_ticks(3)
    assert keys(store) == before


def test_a_zero_row_day_has_a_schema(store: ObjectStore) -> None:
    partitions = PartitionStore(store, "parquet")
    partitions.publish(DAY, PartitionManifest(files=(), rows=0, made_from=SOURCE, written_by="run-1"))
    assert partitions.read(DAY) == make_ticks(0)
    assert partitions.read(DAY, ["bid"]).schema.names == ["bid"]
    publish(partitions, 3, "now-open")
    assert partitions.read(DAY).num_rows == 3


def test_manifests_of_many_days_skip_those_without(store: ObjectStore) -> None:
    partitions = PartitionStore(store, "parquet")
    days = [DAY.shifted(offset) for offset in range(4)]
    published = {day: publish(partitions, 1, "abc", day) for day in days[1:3]}
    assert partitions.manifests(days) == published


def test_layers_do_not_mix(store: ObjectStore) -> None:
    publish(PartitionStore(store, "parquet"), 1, "abc")
    assert PartitionStore(store, "clean").manifest(DAY) is None
    with pytest.raises(SetupError, match="'gold'"):
        PartitionStore(store, "gold")


def test_a_changed_file_is_not_read(store: ObjectStore) -> None:
    partitions = PartitionStore(store, "parquet")
    manifest = publish(partitions, 3, "abc")
    store.put(manifest.files[0].key, parquet_bytes(make_ticks(3, bid=6.0)))
    with pytest.raises(ImmutabilityError, match=manifest.files[0].key):
        partitions.read(DAY)


def test_a_lost_file_is_named(store: ObjectStore) -> None:
    partitions = PartitionStore(store, "parquet")
    manifest = publish(partitions, 3, "abc")
    store.delete(manifest.files[0].key)
    with pytest.raises(MissingDataError, match=manifest.files[0].key):
        partitions.read(DAY)


def test_a_broken_manifest_is_named_and_repaired_by_publishing(store: ObjectStore) -> None:
    partitions = PartitionStore(store, "parquet")
    publish(partitions, 3, "abc")
    store.put(f"{partitions.folder(DAY)}manifest.json", b"{")
    with pytest.raises(DataError, match=r"manifest\.json"):
        partitions.manifest(DAY)
    publish(partitions, 3, "abc")
    assert partitions.read(DAY).num_rows == 3


def test_the_digest_speaks_of_content_alone() -> None:
    file = DataFile(key="a", size=1, rows=1, sha256="1" * 64)
    one = PartitionManifest(files=(file,), rows=1, made_from=SOURCE, written_by="run-1")
    moved = one.model_copy(update={"files": (file.model_copy(update={"key": "b"}),), "written_by": "run-2"})
    other = one.model_copy(update={"files": (file.model_copy(update={"sha256": "2" * 64}),)})
    swapped = one.model_copy(update={"files": (), "quarantine_files": (file,)})
    assert one.digest == moved.digest
    assert len({one.digest, other.digest, swapped.digest}) == 3
    assert PartitionManifest.model_validate_json(one.model_dump_json()) == one
