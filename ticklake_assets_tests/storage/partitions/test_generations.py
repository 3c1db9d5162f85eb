from __future__ import annotations

import pyarrow as pa
import pytest

from ticklake_assets.core.errors import ConservationError, DataError
from ticklake_assets.core.schemas import CLEAN as CLEAN_COLUMNS
from ticklake_assets.core.schemas import QUARANTINE as QUARANTINE_COLUMNS
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.partitions.arrow_types import arrow_schema
from ticklake_assets.storage.partitions.generations import (
    CLEAN,
    QUARANTINE,
    CleanedDay,
    collect_generation,
    discard,
    sweep,
    work_of,
)
from ticklake_assets.storage.partitions.store import (
    DataFile,
    PartitionManifest,
    PartitionStore,
    RawSource,
    partition_path,
)
from ticklake_assets_tests.storage.partitions.test_store import parquet_bytes
from ticklake_assets_tests.storage.raw.raw_files import DAY

SOURCE = RawSource(key="raw/ticks/x.csv", sha256="a" * 64, revision=1)
SATURDAY = DAY.shifted(5)


def make_clean(rows: int, day: SymbolDay, bid: float = 1.1) -> pa.Table:
    """Clean rows as Spark writes them: every column nullable."""
    schema = pa.schema([field.with_nullable(True) for field in arrow_schema(CLEAN_COLUMNS)])
    row = {
        "bid": bid, "ask": 2.0, "bid_size": 0.0, "ask_size": 0.0, "mid": 1.5, "spread": 0.1, "gap_us": 1,
        "is_unchanged": False, "is_size_missing": True,
    }  # fmt: skip
    times = [{"source_row": n + 1, "ts_event": day.start_us + n, **row} for n in range(rows)]
    return pa.Table.from_pylist(times, schema)


def make_quarantine(rules: list[str], day: SymbolDay) -> pa.Table:
    rows = [{"source_row": n + 1, "ts_event": day.start_us + n, "rule": rule} for n, rule in enumerate(rules)]
    return pa.Table.from_pylist(rows, arrow_schema(QUARANTINE_COLUMNS))


def write_generation(store: ObjectStore, run: str, days: list[SymbolDay], bid: float = 1.1) -> None:
    """What tasks leave behind, and what else Spark once left on a disk: checksums, an empty _SUCCESS."""
    for number, day in enumerate(days):
        parts = {
            CLEAN: make_clean(3 + number, day, bid),
            QUARANTINE: make_quarantine(["crossed"] * number + ["spike"], day),
        }
        for table, rows in parts.items():
            folder = f"{table}/gen={run}/{partition_path(day)}"
            store.create(f"{folder}/part-00000-{run}.c000.zstd.parquet", parquet_bytes(rows))
            store.create(f"{folder}/.part-00000-{run}.c000.zstd.parquet.crc", b"crc")
    for table in (CLEAN, QUARANTINE):
        store.create(f"{table}/gen={run}/_SUCCESS", b"")


def publish(store: ObjectStore, run: str, days: list[SymbolDay]) -> dict[SymbolDay, PartitionManifest]:
    collected = collect_generation(store, run, days)
    manifests = {day: cleaned.manifest(SOURCE, run) for day, cleaned in collected.items()}
    for day, manifest in manifests.items():
        PartitionStore(store, "clean").publish(day, manifest)
    return manifests


def keys(store: ObjectStore, prefix: str = "") -> list[str]:
    return [found.key for found in store.list(prefix)]


def test_a_generation_is_counted_by_day_and_rule(store: ObjectStore) -> None:
    days = [DAY, DAY.shifted(1)]
    write_generation(store, "one", days)
    collected = collect_generation(store, "one", [*days, SATURDAY])
    assert [collected[day].rows for day in days] == [3, 4]
    assert [collected[day].quarantined for day in days] == [{"spike": 1}, {"crossed": 1, "spike": 1}]
    assert collected[SATURDAY] == CleanedDay((), (), {})
    assert all(key.endswith(".parquet") for key in keys(store, "clean/"))


def test_a_published_day_is_read_from_its_generation(store: ObjectStore) -> None:
    write_generation(store, "one", [DAY])
    publish(store, "one", [DAY, SATURDAY])
    partitions = PartitionStore(store, "clean")
    read = partitions.read(DAY)
    assert read.schema == arrow_schema(CLEAN_COLUMNS)
    assert read == make_clean(3, DAY).cast(arrow_schema(CLEAN_COLUMNS))
    assert partitions.read_quarantine(DAY, ["rule"])["rule"].to_pylist() == ["spike"]
    assert partitions.read(SATURDAY).num_rows == 0
    assert partitions.read_quarantine(SATURDAY).num_rows == 0


def test_republishing_removes_the_old_generations_files_of_that_day_only(store: ObjectStore) -> None:
    days = [DAY, DAY.shifted(1)]
    write_generation(store, "one", days)
    old = publish(store, "one", days)
    write_generation(store, "two", [DAY], bid=1.2)
    publish(store, "two", [DAY])
    partitions = PartitionStore(store, "clean")
    assert partitions.read(DAY)["bid"].to_pylist() == [1.2] * 3
    assert partitions.read(days[1]).num_rows == 4
    left = keys(store, f"{CLEAN}/gen=one/") + keys(store, f"{QUARANTINE}/gen=one/")
    assert set(left) == old[days[1]].keys


def test_rows_of_a_day_nobody_asked_for_are_an_alarm(store: ObjectStore) -> None:
    write_generation(store, "one", [DAY, DAY.shifted(1)])
    with pytest.raises(ConservationError, match="2024-01-16"):
        collect_generation(store, "one", [DAY])


def test_a_quarantined_row_without_a_rule_is_an_alarm(store: ObjectStore) -> None:
    unnamed = pa.table({"source_row": [1], "rule": pa.array([None], pa.string())})
    store.create(f"{QUARANTINE}/gen=one/{partition_path(DAY)}/part-0.parquet", parquet_bytes(unnamed))
    with pytest.raises(ConservationError, match="with a rule"):
        collect_generation(store, "one", [DAY])


def test_a_cut_file_is_named(store: ObjectStore) -> None:
    key = f"{CLEAN}/gen=one/{partition_path(DAY)}/part-0.parquet"
    store.create(key, parquet_bytes(make_clean(3, DAY))[:-9])
    with pytest.raises(DataError, match=key):
        collect_generation(store, "one", [DAY])


def test_a_day_that_failed_its_audit_leaves_nothing(store: ObjectStore) -> None:
    days = [DAY, DAY.shifted(1)]
    write_generation(store, "one", days)
    collected = collect_generation(store, "one", days)
    PartitionStore(store, "clean").publish(DAY, collected[DAY].manifest(SOURCE, "one"))
    discard(store, "one", [days[1]])
    left = [key for key in keys(store, "clean/") if "gen=one" in key]
    assert len(left) == 2
    assert all("2024-01-15" in key for key in left)


def test_a_day_that_fails_after_its_publication_keeps_its_files(store: ObjectStore) -> None:
    write_generation(store, "one", [DAY])
    publish(store, "one", [DAY])
    discard(store, "one", [DAY])
    assert PartitionStore(store, "clean").read(DAY).num_rows == 3


def test_the_sweep_takes_what_dead_runs_left_and_nothing_else(store: ObjectStore) -> None:
    write_generation(store, "one", [DAY])
    publish(store, "one", [DAY])
    write_generation(store, "dead", [DAY, DAY.shifted(1)])
    write_generation(store, "running", [DAY])
    kept = [key for key in keys(store) if "gen=dead" not in key]
    assert sweep(store, running={"running"}) == 10
    assert keys(store) == kept
    assert PartitionStore(store, "clean").read(DAY).num_rows == 3


def test_a_task_is_told_the_files_and_where_the_generation_is() -> None:
    typed = DataFile(key="parquet/ticks/a.parquet", size=9, rows=1, sha256="b" * 64)
    work = work_of("one", DAY, PartitionManifest(files=(typed,), rows=1, made_from=SOURCE, written_by="zero"))
    assert (work.day, work.files) == (DAY, (("parquet/ticks/a.parquet", "b" * 64),))
    assert work.clean_key == f"{CLEAN}/gen=one/{partition_path(DAY)}/part-0.parquet"
    assert work.quarantine_key == f"{QUARANTINE}/gen=one/{partition_path(DAY)}/part-0.parquet"
