"""Whether gold still holds the snapshots that a dataset was frozen from, without touching a table."""

from __future__ import annotations

from typing import NamedTuple

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError

from ticklake_assets.storage.dataset_manifest import Manifest
from ticklake_assets.storage.iceberg_schema import NAMESPACE


class Pin(NamedTuple):
    """A snapshot of a gold table that a dataset names."""

    table: str
    snapshot_id: int
    state: str
    """`tagged`: no expiry takes it; `untagged`: readable until it expires; `gone`."""


def pins(catalog: Catalog, manifest: Manifest) -> list[Pin]:
    """The state of each of the dataset's snapshots."""
    return [
        Pin(table, number, _state(catalog, table, number)) for table, number in manifest.snapshots.items()
    ]


def _state(catalog: Catalog, name: str, snapshot_id: int) -> str:
    try:
        table = catalog.load_table((NAMESPACE, name))
    except NoSuchTableError:
        return "gone"
    if table.snapshot_by_id(snapshot_id) is None:
        return "gone"
    is_tagged = any(ref.snapshot_id == snapshot_id for tag, ref in table.refs().items() if tag != "main")
    return "tagged" if is_tagged else "untagged"
