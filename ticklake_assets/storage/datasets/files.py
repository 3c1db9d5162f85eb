"""The files of a dataset: the same rows give the same bytes, and nothing else is read back.

`train.parquet`, `validate.parquet` and `test.parquet` hold an event a row: keys, context, features, label.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.tables import Events
from ticklake_assets.storage.datasets.manifest import MANIFEST, PARTS, DatasetManifest
from ticklake_assets.storage.gold.rows import events


@dataclass(frozen=True)
class Dataset:
    """A loaded dataset."""

    manifest: DatasetManifest
    parts: Mapping[str, Events]
    """Events of `train`, `validate` and `test` in time order; `manifest.open_days` says which days count."""
    version: str = ""
    """Tag in the registry; empty for a folder that came from elsewhere."""

    def identity(self) -> dict[str, str]:
        """What a bundle and an MLflow run say of the dataset."""
        snapshots = {f"snapshot_{table}": str(number) for table, number in self.manifest.snapshots.items()}
        labels = {"label_version": self.manifest.label_version} if self.manifest.label_version else {}
        return {"version": self.version, "digest": self.manifest.digest, **labels, **snapshots}


def write_part(folder: Path, part: str, rows: pa.Table) -> tuple[str, str]:
    """Write one part and return its file's name and sha256."""
    path = folder / f"{part}.parquet"
    pq.write_table(rows, path, compression="zstd", version="2.6")
    return path.name, sha256(path.read_bytes()).hexdigest()


def load(folder: Path, version: str = "", digest: str | None = None) -> Dataset:
    """Read a dataset's folder, trusting nothing that does not match its manifest.

    A stage behind the training states the `digest` of the dataset that was trained on.

    Raises:
        MissingDataError: a file is absent.
        DataError: a file is not the one that was frozen, or the dataset is not the one that was trained on.
    """
    manifest = read_manifest(folder)
    if digest not in (None, manifest.digest):
        raise DataError(
            f"{version or folder} is not the dataset that was trained on. Expected digest {digest}, was "
            f"{manifest.digest}: train again"
        )
    parts = {part: _load_part(folder / f"{part}.parquet", manifest) for part in PARTS}
    return Dataset(manifest, parts, version)


def read_manifest(folder: Path) -> DatasetManifest:
    """What a dataset's folder says of itself; MissingDataError where it holds none."""
    path = folder / MANIFEST
    if not path.exists():
        raise MissingDataError(f"{folder} holds no dataset. Expected {MANIFEST}, was none")
    return DatasetManifest.from_json(path.read_bytes(), str(path))


def rows_digest(rows: pa.Table) -> str:
    """sha256 of names, types and values, whatever chunks or file the rows lie in; nulls are refused."""
    digest = sha256()
    for name in rows.column_names:
        column = rows[name]
        if column.null_count:
            raise DataError(
                f"Column {name!r} is null in {column.null_count} rows. Expected none in a dataset"
            )
        digest.update(f"{name}:{column.type}:{len(column)};".encode())
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            digest.update("\0".join(column.to_pylist()).encode())
        else:
            digest.update(
                np.ascontiguousarray(column.combine_chunks().to_numpy(zero_copy_only=False)).tobytes()
            )
    return digest.hexdigest()


def _load_part(path: Path, manifest: DatasetManifest) -> Events:
    if not path.exists():
        raise MissingDataError(f"{path} is absent. Expected the file that {MANIFEST} names")
    data = path.read_bytes()
    expected, found = manifest.files.get(path.name), sha256(data).hexdigest()
    if found != expected:
        raise DataError(f"{path} is not the file that was frozen. Expected sha256 {expected}, was {found}")
    rows = pq.read_table(pa.BufferReader(data))
    return events(rows, rows, manifest.feature_names)
