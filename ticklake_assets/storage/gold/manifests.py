"""Manifests of gold, one a symbol and month: what a commit reads and writes stays small, however many came before.

Each commit of days leaves a manifest, and each later commit reads and writes the list of them. PyIceberg cannot
rewrite manifests; this does, on the same private producer as `commit.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from pyiceberg.conversions import from_bytes
from pyiceberg.manifest import ManifestContent, ManifestEntry, ManifestFile
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Operation, Summary
from pyiceberg.table.update.snapshot import _FastAppendFiles
from pyiceberg.types import DateType, StringType

from ticklake_assets.storage.gold.commit import LeanTransaction

_EPOCH = date(1970, 1, 1).toordinal()


class Group(NamedTuple):
    """The files that one manifest lists."""

    symbol: str
    year: int
    month: int

    @classmethod
    def of(cls, symbol: str, day: int) -> Group:
        """`day` counts from 1970, as partitions do."""
        found = date.fromordinal(_EPOCH + day)
        return cls(symbol, found.year, found.month)


def regroup_manifests(target: Table, summary: Mapping[str, str]) -> int:
    """List the same files in one manifest a group, in one snapshot; returns how many manifests went.

    Manifests that are so already stay, and where all are nothing is committed. A commit of others meanwhile is
    no conflict: what it added is kept, and the next call groups it.
    """
    snapshot = target.current_snapshot()
    if snapshot is None:
        return 0
    before = snapshot.manifests(target.io)
    sorted_out = _Sorted.out(before, target.spec().spec_id)
    if not sorted_out.wide and not sorted_out.shared:
        return 0
    with LeanTransaction(target) as transaction:
        producer = _Regroup(Operation.APPEND, transaction, target.io, snapshot_properties=dict(summary))
        producer.commit()
    after = target.refresh().snapshot_by_id(producer.snapshot_id)
    return len(before) - len(after.manifests(target.io)) if after else 0


class _Sorted(NamedTuple):
    """Manifests by what the manifest list tells of them."""

    single: dict[Group, list[ManifestFile]]
    """All files in one group."""
    wide: list[ManifestFile]
    """Files of several groups, or deleted ones."""
    other: list[ManifestFile]
    """Row deletes, which compaction ends, and files of another partitioning: not ours to sort."""

    @classmethod
    def out(cls, manifests: Iterable[ManifestFile], spec_id: int) -> _Sorted:
        found = cls(defaultdict(list), [], [])
        for manifest in manifests:
            if manifest.content != ManifestContent.DATA or manifest.partition_spec_id != spec_id:
                found.other.append(manifest)
            elif (group := _only_group(manifest)) is None or manifest.deleted_files_count:
                found.wide.append(manifest)
            else:
                found.single[group].append(manifest)
        return found

    @property
    def shared(self) -> set[Group]:
        """Groups of more than one manifest."""
        return {group for group, manifests in self.single.items() if len(manifests) > 1}


class _Regroup(_FastAppendFiles):
    """Appends nothing: the same files under other manifests, which Iceberg calls a replace."""

    def _process_manifests(self, manifests: list[ManifestFile]) -> list[ManifestFile]:
        spec_id = self._transaction.table_metadata.default_spec_id
        single, wide, other = found = _Sorted.out(manifests, spec_id)
        grouped: dict[Group, list[ManifestEntry]] = defaultdict(list)
        for manifest in wide:
            for entry in self.fetch_manifest_entry(manifest):
                grouped[_group(entry)].append(entry)
        for group in found.shared | grouped.keys():
            for manifest in single.pop(group, []):
                grouped[group] += self.fetch_manifest_entry(manifest)
        kept = [manifest for settled in single.values() for manifest in settled]
        return [*other, *kept, *(self._written(spec_id, grouped[group]) for group in sorted(grouped))]

    def _written(self, spec_id: int, entries: list[ManifestEntry]) -> ManifestFile:
        with self.new_manifest_writer(self.spec(spec_id)) as writer:
            for entry in sorted(entries, key=lambda entry: entry.data_file.partition[1]):
                writer.existing(entry)
        return writer.to_manifest_file()

    def _summary(self, snapshot_properties: dict[str, str] | None = None) -> Summary:
        counted = super()._summary(
            snapshot_properties or {}
        )  # PyIceberg counts for appends, not for replaces
        return Summary(Operation.REPLACE, **counted.additional_properties)


def _group(entry: ManifestEntry) -> Group:
    symbol, day = entry.data_file.partition[0], entry.data_file.partition[1]
    return Group.of(symbol, day)


def _only_group(manifest: ManifestFile) -> Group | None:
    """The group of all its files, by the bounds of their partitions; None where there are several."""
    symbols, days = manifest.partitions or (None, None)
    if symbols is None or days is None or not symbols.lower_bound or not symbols.upper_bound:
        return None
    if not days.lower_bound or not days.upper_bound:
        return None
    first = Group.of(_text(symbols.lower_bound), _day(days.lower_bound))
    last = Group.of(_text(symbols.upper_bound), _day(days.upper_bound))
    return first if first == last else None


def _text(bound: bytes) -> str:
    return str(from_bytes(StringType(), bound))


def _day(bound: bytes) -> int:
    return int(from_bytes(DateType(), bound))
