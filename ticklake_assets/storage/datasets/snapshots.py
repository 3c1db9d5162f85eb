"""The snapshots of gold behind a dataset: whether they are still there, and which one committed a day.

Tables are looked at as they are: nothing is created, nothing grows.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.manifest import ManifestContent, ManifestFile
from pyiceberg.table import Table

from ticklake_assets.storage.datasets.manifest import DatasetManifest
from ticklake_assets.storage.gold.schema import NAMESPACE

_EPOCH = date(1970, 1, 1).toordinal()


class Pin(NamedTuple):
    """A snapshot of a gold table that a dataset names."""

    table: str
    snapshot_id: int
    state: str
    """`tagged`: no expiry takes it; `untagged`: readable until it expires; `gone`."""


def pins(catalog: Catalog, manifest: DatasetManifest) -> list[Pin]:
    """The state of each of the dataset's snapshots."""
    return [
        Pin(table, number, _state(catalog, table, number)) for table, number in manifest.snapshots.items()
    ]


def committed_in(table: Table, snapshot_id: int, symbol: str) -> dict[date, int]:
    """The snapshot that committed each day of a symbol, as of a snapshot: the latest of a day with several files.

    Its summary names the Dagster run, as long as it is kept. A day without rows has no file and no commit.
    """
    snapshot = table.snapshot_by_id(snapshot_id)
    found: dict[date, tuple[int, int]] = {}
    for manifest in snapshot.manifests(table.io) if snapshot else []:
        if manifest.content != ManifestContent.DATA or not _may_hold(manifest, symbol):
            continue
        for entry in manifest.fetch_manifest_entry(table.io):
            if entry.data_file.partition[0] == symbol:
                day = date.fromordinal(_EPOCH + entry.data_file.partition[1])
                commit = entry.sequence_number or 0, entry.snapshot_id or 0
                found[day] = max(found.get(day, commit), commit)
    return {day: number for day, (_, number) in found.items()}


def _may_hold(manifest: ManifestFile, symbol: str) -> bool:
    """By the bounds in the manifest list, without opening the manifest."""
    bounds = manifest.partitions[0] if manifest.partitions else None
    if bounds is None or bounds.lower_bound is None or bounds.upper_bound is None:
        return True
    return bounds.lower_bound <= symbol.encode() <= bounds.upper_bound


def _state(catalog: Catalog, name: str, snapshot_id: int) -> str:
    try:
        table = catalog.load_table((NAMESPACE, name))
    except NoSuchTableError:
        return "gone"
    if table.snapshot_by_id(snapshot_id) is None:
        return "gone"
    is_tagged = any(ref.snapshot_id == snapshot_id for tag, ref in table.refs().items() if tag != "main")
    return "tagged" if is_tagged else "untagged"
