"""Generations: what one Spark job wrote for many days, counted and then published day by day without copying.

On S3 a rename is a copy, so tasks write a whole generation at its final place and manifests point into it.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Collection
from hashlib import sha256
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from ticklake_assets.core.errors import ConservationError, DataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.partitions.day_cleaning import Work
from ticklake_assets.storage.partitions.store import (
    DataFile,
    PartitionManifest,
    PartitionStore,
    RawSource,
    partition_path,
)

CLEAN, QUARANTINE = "clean/ticks", "clean/quarantine"
_PART = "part-0.parquet"


class CleanedDay(NamedTuple):
    """What a generation holds of one day: counted on the files that Spark wrote, not on what Spark said."""

    files: tuple[DataFile, ...]
    quarantine_files: tuple[DataFile, ...]
    quarantined: dict[str, int]

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    def manifest(self, made_from: RawSource, run_id: str) -> PartitionManifest:
        return PartitionManifest(
            files=self.files,
            rows=self.rows,
            quarantine_files=self.quarantine_files,
            quarantined=self.quarantined,
            made_from=made_from,
            written_by=run_id,
        )


def work_of(run_id: str, day: SymbolDay, typed: PartitionManifest) -> Work:
    """The day's files in the Parquet layer, and where a run's generation has those made from them.

    `run_id` must be new for every attempt that may see other rows: published manifests point into the generation.
    """
    files = tuple((file.key, file.sha256) for file in typed.files)
    clean, quarantine = (
        f"{_folder(table, run_id)}{partition_path(day)}/{_PART}" for table in (CLEAN, QUARANTINE)
    )
    return Work(day, files, clean, quarantine)


def collect_generation(
    store: ObjectStore, run_id: str, days: Collection[SymbolDay]
) -> dict[SymbolDay, CleanedDay]:
    """Files and row counts of each of `days`; a day without rows has no folder and collects as empty.

    Row counts come from the Parquet footers, quarantine counts from the `rule` column. Spark's side files are
    removed. `ConservationError` when the generation holds rows of any other day.
    """
    kept = _files(store, _folder(CLEAN, run_id), days)
    refused = _files(store, _folder(QUARANTINE, run_id), days)
    return {
        day: CleanedDay(
            tuple(kept[day]),
            tuple(refused[day]),
            dict(sorted(sum((_rules(store, file) for file in refused[day]), Counter()).items())),
        )
        for day in days
    }


def discard(store: ObjectStore, run_id: str, days: Collection[SymbolDay]) -> None:
    """Remove what the generation holds of days that were not published; what a manifest lists stays."""
    published = PartitionStore(store, "clean").manifests(days)
    kept = {key for manifest in published.values() for key in manifest.keys}
    for day in days:
        for table in (CLEAN, QUARANTINE):
            for found in list(store.list(f"{_folder(table, run_id)}{partition_path(day)}/")):
                if found.key not in kept:
                    store.delete(found.key)


def sweep(store: ObjectStore, running: Collection[str]) -> int:
    """Remove files of generations that no manifest lists, except of runs in `running`; returns how many.

    A run that died between Spark's write and the publication leaves such files. One LIST, one manifest a day.
    """
    published = PartitionStore(store, "clean")
    listed = [o.key for table in (CLEAN, QUARANTINE) for o in store.list(f"{table}/gen=")]
    loose = [key for key in listed if key.split("/")[2].removeprefix("gen=") not in running]
    days = {day for day in map(_day_of, loose) if day}
    wanted = {key for manifest in published.manifests(sorted(days)).values() for key in manifest.keys}
    orphans = [key for key in loose if key not in wanted]
    for key in orphans:
        store.delete(key)
    return len(orphans)


def _folder(table: str, run_id: str) -> str:
    return f"{table}/gen={run_id}/"


def _files(store: ObjectStore, folder: str, days: Collection[SymbolDay]) -> dict[SymbolDay, list[DataFile]]:
    found: dict[SymbolDay, list[DataFile]] = {day: [] for day in days}
    for listed in store.list(folder):
        name = listed.key.rpartition("/")[2]
        if not (name.startswith("part-") and name.endswith(".parquet")):  # _SUCCESS, .part-....crc
            store.delete(listed.key)
            continue
        day = _day_of(listed.key)
        if day not in found:
            raise ConservationError(f"{listed.key}. Expected only the days {sorted(days)}, was {day}")
        data = store.get(listed.key)
        rows = _footer_rows(listed.key, data)
        digest = sha256(data).hexdigest()
        found[day].append(DataFile(key=listed.key, size=len(data), rows=rows, sha256=digest))
    return found


def _footer_rows(key: str, data: bytes) -> int:
    try:
        return int(pq.read_metadata(io.BytesIO(data)).num_rows)
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{key}. Expected a whole Parquet file, was {error}") from error


def _rules(store: ObjectStore, file: DataFile) -> Counter[str]:
    column = pq.read_table(io.BytesIO(store.get(file.key)), columns=["rule"])["rule"]
    counted = Counter({row["values"]: row["counts"] for row in column.value_counts().to_pylist()})
    if None in counted or counted.total() != file.rows:
        raise ConservationError(f"{file.key}. Expected {file.rows} rows with a rule, was {counted}")
    return counted


def _day_of(key: str) -> SymbolDay | None:
    parts = dict(part.split("=", 1) for part in key.split("/") if "=" in part)
    if not {"symbol", "trading_day"} <= parts.keys():
        return None
    return SymbolDay.parse(f"{parts['symbol']}|{parts['trading_day']}")
