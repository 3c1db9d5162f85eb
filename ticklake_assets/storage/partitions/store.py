"""Parquet partitions behind manifests: a partition is what its manifest lists, published by one atomic put.

Files are written first under names that no manifest lists, so a failure before the put leaves the old
content, and a reader never sees a half-written partition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError, computed_field

from ticklake_assets.core.errors import (
    ConservationError,
    DataError,
    ImmutabilityError,
    MissingDataError,
    SetupError,
)
from ticklake_assets.core.schemas import CLEAN, QUARANTINE, TICKS, Column
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.objects.store import ObjectStore, create_or_same
from ticklake_assets.storage.partitions.arrow_types import arrow_schema
from ticklake_assets.storage.partitions.csv_ingest import Ingested
from ticklake_assets.storage.partitions.parquet_files import parquet_bytes, read_verified
from ticklake_assets.storage.raw.sealed_bytes import SealedBytes

_SCHEMAS = {"parquet": TICKS, "clean": CLEAN}


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class DataFile(_Record):
    """One Parquet object; `sha256` is verified by every read."""

    key: str
    size: int
    rows: int
    sha256: str


class RawSource(_Record):
    """The raw content that a partition was made from."""

    key: str
    sha256: str
    revision: int


class PartitionManifest(_Record):
    """What a partition is: its files, how many rows went where, and what it was made from."""

    files: tuple[DataFile, ...]
    rows: int
    """Rows kept, the sum over `files`."""
    quarantine_files: tuple[DataFile, ...] = ()
    quarantined: dict[str, int] = Field(default_factory=dict)
    """Rows by the rule that they broke, together the sum over `quarantine_files`."""
    made_from: RawSource
    written_by: str
    """Id of the run that wrote it."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def digest(self) -> str:
        """Digest of the content, whoever wrote it and whatever its files are called."""
        kept, refused = ([file.sha256 for file in files] for files in (self.files, self.quarantine_files))
        return sha256(repr((kept, refused)).encode()).hexdigest()

    @property
    def keys(self) -> set[str]:
        return {file.key for file in (*self.files, *self.quarantine_files)}


class PartitionStore:
    """Partitions of one layer, `parquet` or `clean`, by symbol-day."""

    def __init__(self, store: ObjectStore, layer: str) -> None:
        if layer not in _SCHEMAS:
            raise SetupError(
                f"Layer of Parquet partitions. Expected one of {sorted(_SCHEMAS)}, was {layer!r}"
            )
        self._store = store
        self._layer = layer

    def folder(self, day: SymbolDay) -> str:
        return f"{self._layer}/ticks/{partition_path(day)}/"

    def write(self, day: SymbolDay, stem: str, data: bytes, rows: int) -> DataFile:
        """Write one Parquet file of the partition, not yet visible; nothing is ever overwritten.

        Other bytes under the same stem (the same raw content encoded by another library version) get a name
        of their own.
        """
        digest = sha256(data).hexdigest()
        key = f"{self.folder(day)}{stem}.parquet"
        try:
            create_or_same(self._store, key, data)
        except ImmutabilityError:
            key = f"{self.folder(day)}{stem}-{digest[:16]}.parquet"
            create_or_same(self._store, key, data)
        return DataFile(key=key, size=len(data), rows=rows, sha256=digest)

    def publish_table(
        self, day: SymbolDay, ingested: Ingested, sealed: SealedBytes, run_id: str
    ) -> PartitionManifest:
        """Encode, write and publish the typed rows of one sealed raw file as the day's only file."""
        table = ingested.table
        with ThreadPoolExecutor(1) as beside:  # encoding keeps one core busy, hashing the other
            encoded = beside.submit(parquet_bytes, table)
            seal = sealed.verified()
        file = self.write(day, seal.sha256[:16], encoded.result(), table.num_rows)
        source = RawSource(key=seal.key, sha256=seal.sha256, revision=seal.revision)
        manifest = PartitionManifest(files=(file,), rows=seal.rows, made_from=source, written_by=run_id)
        self.publish(day, manifest)
        return manifest

    def publish(self, day: SymbolDay, manifest: PartitionManifest) -> None:
        """Make `manifest` the partition's content, then remove the files that only the old content listed.

        `ConservationError` when its counts contradict its files, `MissingDataError` when a file is not there:
        in both cases the old content stays.
        """
        _require_balanced(day, manifest)
        for file in (*manifest.files, *manifest.quarantine_files):
            found = self._store.head(file.key)
            if found is None or found.size != file.size:
                raise MissingDataError(f"{file.key} of {day}. Expected {file.size} bytes, was {found}")
        superseded = self._listed_keys(day)
        self._store.put(self._manifest_key(day), manifest.model_dump_json(indent=1).encode())
        for key in sorted(superseded - manifest.keys):
            self._store.delete(key)

    def manifest(self, day: SymbolDay) -> PartitionManifest | None:
        """What is published for the day; None where nothing is."""
        key = self._manifest_key(day)
        try:
            return PartitionManifest.model_validate_json(self._store.get(key))
        except MissingDataError:
            return None
        except ValidationError as error:
            raise DataError(f"{key}. Expected a manifest, was {error.errors()[0]['msg']}") from error

    def require(self, day: SymbolDay) -> PartitionManifest:
        """What is published for the day; `MissingDataError` where nothing is."""
        manifest = self.manifest(day)
        if manifest is None:
            raise MissingDataError(
                f"{self._layer}/ticks of {day}. Expected a published partition, was none: materialize it"
            )
        return manifest

    def manifests(self, days: Iterable[SymbolDay]) -> dict[SymbolDay, PartitionManifest]:
        """Manifests of those days that have one."""
        found = ((day, self.manifest(day)) for day in days)
        return {day: manifest for day, manifest in found if manifest is not None}

    def read(self, day: SymbolDay, columns: list[str] | None = None) -> pa.Table:
        """The partition's rows in file order, typed as `core.schemas` says; `columns` of them, or all."""
        return self._current(day, lambda manifest: self.rows_of(manifest.files, columns))

    def read_quarantine(self, day: SymbolDay, columns: list[str] | None = None) -> pa.Table:
        """The quarantined rows, each with its rule."""
        return self._current(day, lambda found: self._rows(found.quarantine_files, QUARANTINE, columns))

    def rows_of(self, files: Iterable[DataFile], columns: list[str] | None = None) -> pa.Table:
        """Rows of files of this layer, published or about to be; `ImmutabilityError` where bytes changed."""
        return self._rows(files, _SCHEMAS[self._layer], columns)

    def _rows(
        self, files: Iterable[DataFile], schema: tuple[Column, ...], columns: list[str] | None
    ) -> pa.Table:
        wanted = tuple(column for column in schema if columns is None or column.name in columns)
        tables = [read_verified(self._store, file.key, file.sha256, wanted) for file in files]
        return pa.concat_tables(tables) if tables else arrow_schema(wanted).empty_table()

    def _current(self, day: SymbolDay, look: Callable[[PartitionManifest], pa.Table]) -> pa.Table:
        manifest = self.require(day)
        while True:
            try:
                return look(manifest)
            except MissingDataError:
                latest = self.require(day)
                if latest == manifest:
                    raise
                manifest = latest  # republished between manifest and file: look again

    def _listed_keys(self, day: SymbolDay) -> set[str]:
        """Keys of what is published now; nothing where it cannot be read: publishing repairs it."""
        try:
            manifest = self.manifest(day)
        except DataError:
            return set()
        return manifest.keys if manifest else set()

    def _manifest_key(self, day: SymbolDay) -> str:
        return f"{self.folder(day)}manifest.json"


def partition_path(day: SymbolDay) -> str:
    """
    >>> partition_path(SymbolDay.parse("EURUSD|2024-01-15"))
    'symbol=EURUSD/trading_day=2024-01-15'
    """
    return f"symbol={day.symbol}/trading_day={day.trading_day}"


def _require_balanced(day: SymbolDay, manifest: PartitionManifest) -> None:
    kept = sum(file.rows for file in manifest.files)
    refused = sum(file.rows for file in manifest.quarantine_files)
    if (kept, refused) != (manifest.rows, sum(manifest.quarantined.values())):
        raise ConservationError(
            f"PartitionManifest of {day}. Expected {manifest.rows} rows kept and {manifest.quarantined} quarantined, "
            f"was {kept} and {refused} in its files"
        )
