"""The commits behind `GoldTables.replace` and its upkeep: old files out, new files in, one snapshot.

`Table.overwrite` makes two snapshots a commit and warns when there was nothing to delete; PyIceberg's own
overwrite producer makes one, but carries every earlier commit's tombstones along. This is the latter, mended.
It leans on private names of PyIceberg, which the bounds in pyproject.toml hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.exceptions import CommitFailedException, ValidationException
from pyiceberg.expressions import BooleanExpression
from pyiceberg.io.pyarrow import _dataframe_to_data_files
from pyiceberg.manifest import DataFile, ManifestFile
from pyiceberg.table import Table, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Operation, Summary
from pyiceberg.table.update.snapshot import _OverwriteFiles

from ticklake_assets.core.errors import SetupError, TransientError

_CONFLICT_ATTEMPTS = 20
T = TypeVar("T")


class _ReplaceFiles(_OverwriteFiles):
    """Drops manifests that list deleted files only, as Iceberg's Java library does: nobody reads them."""

    same_rows = False
    """Other files, the same rows: Iceberg calls that a replace, which no reader of changes need look at."""

    def _existing_manifests(self) -> list[ManifestFile]:
        return [
            manifest
            for manifest in super()._existing_manifests()
            if manifest.has_added_files() or manifest.has_existing_files()
        ]

    def _summary(self, snapshot_properties: dict[str, str] | None = None) -> Summary:
        counted = super()._summary(snapshot_properties or {})
        # PyIceberg counts for overwrites only, though it reads both.
        return Summary(Operation.REPLACE, **counted.additional_properties) if self.same_rows else counted


class LeanTransaction(Transaction):
    """Hands out the table's own metadata while nothing is staged.

    PyIceberg copies it deeply each time, some fifteen times a commit: with 600 snapshots that is most of the commit.
    """

    @property
    def table_metadata(self) -> TableMetadata:
        return super().table_metadata if self._updates else self._table.metadata


def write_files(target: Table, rows: pa.Table) -> list[DataFile]:
    """Write rows as data files that no snapshot names yet; none for no rows.

    Raises:
        SetupError: the disk refuses them.
    """
    if not rows.num_rows:
        return []
    try:
        return list(_dataframe_to_data_files(target.metadata, rows, target.io))
    except OSError as error:
        first, last = pc.min_max(rows["trading_day"]).as_py().values()
        raise SetupError(
            f"The disk refuses {rows.num_rows} rows of {'.'.join(target.name())} for {rows['symbol'][0]} "
            f"{first} to {last} ({error}). "
            "Expected a writable warehouse with room; nothing was committed"
        ) from error


def swap_files(
    target: Table,
    where: BooleanExpression,
    written: Sequence[DataFile],
    summary: dict[str, str],
    *,
    same_rows: bool = False,
) -> int:
    """Replace the files that hold the rows of `where` by `written` and return the snapshot's id.

    Validated against what others committed meanwhile: their changes to other partitions are kept, a change to
    the same raises CommitFailedException or ValidationException, and nothing is committed. `same_rows` says
    that only the files are others.
    """
    old = [task.file for task in target.scan(where).plan_files()]
    operation = Operation.OVERWRITE if target.current_snapshot() else Operation.APPEND
    with LeanTransaction(target) as transaction:
        producer = _ReplaceFiles(operation, transaction, target.io, snapshot_properties=summary)
        producer.same_rows = same_rows
        producer.delete_by_predicate(where)
        for file in old:
            producer.delete_data_file(file)
        for file in written:
            producer.append_data_file(file)
        producer.commit()
    return producer.snapshot_id


def until_no_conflict(action: Callable[[], T], what: str) -> T:
    """Repeat an action that reloads the table, until nobody else's commit came in between."""
    for _ in range(_CONFLICT_ATTEMPTS):
        try:
            return action()
        except (CommitFailedException, ValidationException) as error:
            conflict = error
    raise TransientError(
        f"Could not {what}: other writers came first each time ({conflict}). "
        f"Expected a commit within {_CONFLICT_ATTEMPTS} attempts"
    )
