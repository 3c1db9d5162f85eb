"""The commit behind `GoldTables.replace`: old files out, new files in, one snapshot.

`Table.overwrite` makes two snapshots a commit and warns when there was nothing to delete; PyIceberg's own
overwrite producer makes one, but carries every earlier commit's tombstones along. This is the latter, mended.
It leans on two private names of PyIceberg, which the bounds in pyproject.toml hold.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyiceberg.expressions import BooleanExpression
from pyiceberg.manifest import DataFile, ManifestFile
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update.snapshot import _OverwriteFiles


class _ReplaceFiles(_OverwriteFiles):
    """Drops manifests that list deleted files only, as Iceberg's Java library does: nobody reads them."""

    def _existing_manifests(self) -> list[ManifestFile]:
        return [
            manifest
            for manifest in super()._existing_manifests()
            if manifest.has_added_files() or manifest.has_existing_files()
        ]


def swap_files(
    target: Table, where: BooleanExpression, written: Sequence[DataFile], summary: dict[str, str]
) -> int:
    """Replace the files that hold the rows of `where` by `written` and return the snapshot's id.

    Validated against what others committed meanwhile: their changes to other partitions are kept, a change to
    the same raises CommitFailedException or ValidationException, and nothing is committed.
    """
    old = [task.file for task in target.scan(where).plan_files()]
    operation = Operation.OVERWRITE if target.current_snapshot() else Operation.APPEND
    with target.transaction() as transaction:
        with _ReplaceFiles(operation, transaction, target.io, snapshot_properties=summary) as producer:
            producer.delete_by_predicate(where)
            for file in old:
                producer.delete_data_file(file)
            for file in written:
                producer.append_data_file(file)
        return producer.snapshot_id
