"""What a thing was made from, and what that was made from, down to the raw bytes: a tree of plain facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.datasets.manifest import DatasetDay, DatasetManifest
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.partitions.store import PartitionManifest, PartitionStore
from ticklake_assets.storage.raw.seals import seal_names, seal_of
from ticklake_assets.storage.raw.state import made_from


@dataclass
class Node:
    """One thing of the chain: what kind it is, what it is called, what is known of it."""

    kind: str
    name: str
    facts: dict[str, Any] = field(default_factory=dict)
    made_from: list[Node] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        made_from = {"made_from": [node.as_dict() for node in self.made_from]} if self.made_from else {}
        return {"kind": self.kind, "name": self.name, **self.facts, **made_from}


class DayProvenance:
    """Gold, clean, parquet and raw of the days of a dataset.

    A frozen day names the sha256 of its raw bytes. What of the layers between was made from other bytes since (a
    correction came) is said to be so: it isn't what the dataset was made from any more, the raw bytes still are.
    """

    def __init__(self, store: ObjectStore, *, rehash: bool = False) -> None:
        self._store = store
        self._rehash = rehash

    def day(self, manifest: DatasetManifest, line: DatasetDay) -> Node:
        """A dataset's day and everything below it."""
        day = SymbolDay(manifest.symbol, line.day)
        facts = {"part": line.part, "events": line.rows, "quotes": line.quotes, "rows_sha256": line.sha256}
        raw = self.raw(day, line.raw_sha256)
        parquet = self._layer("parquet", day, line.raw_sha256, raw)
        clean = self._layer("clean", day, line.raw_sha256, parquet)
        return Node("day", str(line.day), facts, [self._gold(day, line.raw_sha256, clean)])

    def sealed(self, day: SymbolDay, revision: int) -> list[str]:
        """sha256 of what a raw object's seals say; one, unless somebody tampered with them."""
        return sorted({name.sha256 for name in seal_names(self._store, day) if name.revision == revision})

    def newest(self, day: SymbolDay) -> Node | None:
        """The day's raw object of the highest sealed revision; None where none is sealed."""
        names = seal_names(self._store, day)
        return self.raw(day, max(names, key=lambda name: name.revision).sha256) if names else None

    def raw(self, day: SymbolDay, digest: str) -> Node:
        """The raw object whose sealed bytes have this sha256."""
        try:
            seal = seal_of(self._store, day, digest)
        except MissingDataError:
            return Node("raw", str(day), {"sha256": digest, "state": "no seal names these bytes"})
        facts = {"sha256": digest, "revision": seal.revision, "rows": seal.rows, "bytes": seal.size}
        return Node("raw", seal.key, facts | {"state": self._state(seal.key, seal.size, digest)})

    def _state(self, key: str, size: int, digest: str) -> str:
        """Whether the bytes are there: by the inventory, or read again."""
        if self._rehash:
            try:
                found = sha256(self._store.get(key)).hexdigest()
            except MissingDataError:
                return "gone"
            return "read again, the same bytes" if found == digest else f"CHANGED: sha256 is {found}"
        seen = self._store.head(key)
        return "gone" if seen is None else "there" if seen.size == size else f"CHANGED: {seen.size} bytes"

    def _gold(self, day: SymbolDay, digest: str, clean: Node) -> Node:
        current = [source for source in made_from(self._store, day) if source.sha256 == digest]
        facts: dict[str, Any] = {"state": "as frozen" if current else _CORRECTED}
        if current:
            properties = current[0].properties
            facts |= {"kernel": properties["kernel_version"], "dagster_run": properties["dagster_run_id"]}
        return Node("gold", day.key, facts, [clean])

    def _layer(self, layer: str, day: SymbolDay, digest: str, below: Node) -> Node:
        try:
            manifest = PartitionStore(self._store, layer).manifest(day)
        except DataError as error:
            return Node(layer, day.key, {"state": str(error)}, [below])
        if manifest is None:
            return Node(layer, day.key, {"state": "gone"}, [below])
        if manifest.made_from.sha256 != digest:
            return Node(layer, day.key, {"state": _CORRECTED}, [below])
        return Node(layer, day.key, {"state": "as frozen", **_layer_facts(manifest)}, [below])


_CORRECTED = "made from other raw bytes since"


def _layer_facts(manifest: PartitionManifest) -> dict[str, Any]:
    return {
        "rows": manifest.rows,
        "quarantined": sum(manifest.quarantined.values()),
        "files": {file.key: file.sha256 for file in manifest.files},
        "dagster_run": manifest.written_by,
    }
