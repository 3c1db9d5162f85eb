"""Files of an Iceberg table that no snapshot names: left by expired snapshots, lost races and dead writers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from pyarrow.fs import FileInfo, FileSelector, FileSystem, FileType
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.manifest import ManifestFile
from pyiceberg.table import Table

from ticklake_assets.core.errors import SetupError


class Removed(NamedTuple):
    files: int
    bytes: int


def remove_orphans(target: Table, older_than: datetime) -> Removed:
    """Delete files under the table's folder that nothing names and that were written before a moment.

    The age makes it safe beside writers: theirs are named only once they commit.

    Raises:
        SetupError: another table lives in the same folder; nothing is deleted.
    """
    files, folder = _place(target, target.location())
    found = [
        file
        for file in files.get_file_info(FileSelector(folder, allow_not_found=True, recursive=True))
        if file.type == FileType.File and file.mtime < older_than
    ]
    named = {_path(location) for location in set(_named(target))}
    orphans = [file for file in found if file.path not in named]
    _require_own(target, files, orphans)
    for orphan in orphans:
        files.delete_file(orphan.path)
    return Removed(len(orphans), sum(orphan.size for orphan in orphans))


def _named(target: Table) -> Iterator[str]:
    """Every file that the table needs: metadata, and what each of its snapshots names; each read once."""
    yield target.metadata_location
    yield from (entry.metadata_file for entry in target.metadata.metadata_log)
    yield from (statistics.statistics_path for statistics in target.metadata.statistics)
    yield from (statistics.statistics_path for statistics in target.metadata.partition_statistics)
    manifests: dict[str, ManifestFile] = {}
    for snapshot in target.snapshots():
        yield snapshot.manifest_list
        manifests |= {manifest.manifest_path: manifest for manifest in snapshot.manifests(target.io)}
    yield from manifests
    for manifest in manifests.values():
        for entry in manifest.fetch_manifest_entry(target.io):
            yield entry.data_file.file_path


def _require_own(target: Table, files: FileSystem, orphans: Iterable[FileInfo]) -> None:
    """Two catalogs may share a warehouse by mistake: what is an orphan to one is the other's table.

    Metadata of another table without a snapshot is what a process leaves that came second in creating this one.
    """
    for orphan in orphans:
        if orphan.path.endswith(".metadata.json"):
            with files.open_input_stream(orphan.path) as content:
                metadata = json.loads(content.read())
            owner = metadata.get("table-uuid")
            if owner != str(target.metadata.table_uuid) and metadata.get("snapshots"):
                raise SetupError(
                    f"{target.location()} holds files of another table: {orphan.path}. Expected table "
                    f"{target.metadata.table_uuid}, was {owner}: two catalogs share this warehouse, or a dropped table "
                    "left them; nothing was removed"
                )


def _place(target: Table, location: str) -> tuple[FileSystem, str]:
    scheme, host, path = PyArrowFileIO.parse_location(location)
    assert isinstance(target.io, PyArrowFileIO)
    return target.io.fs_by_scheme(scheme, host), path


def _path(location: str) -> str:
    """Without the scheme: engines write s3, s3a and s3n for one bucket."""
    return PyArrowFileIO.parse_location(location)[2]
