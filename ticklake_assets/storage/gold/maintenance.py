"""Upkeep of gold: few files a day, few manifests, no snapshot that nobody needs, no file that no snapshot names.

All of it runs beside writers and readers. A writer that comes in between wins and the upkeep is done again on top;
a reader keeps its snapshot, since files go only after the snapshots that name them, and old ones alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from pyiceberg.table import Table

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.gold.commit import swap_files, until_no_conflict, write_files
from ticklake_assets.storage.gold.commit_rows import days_filter, rows_to_commit
from ticklake_assets.storage.gold.manifests import regroup_manifests
from ticklake_assets.storage.gold.orphans import Removed, remove_orphans
from ticklake_assets.storage.gold.tables import GoldTables

KEEP_SNAPSHOTS = timedelta(days=7)
"""How far back gold can be read without a tag."""
KEEP_ORPHANS = timedelta(days=3)
"""A file that no snapshot names may be a running writer's: no run is that old."""
_DAYS_A_COMMIT = 31
_SUMMARY = {"ticklake.upkeep": "true"}


class Upkeep(NamedTuple):
    """What one pass over a table did."""

    compacted_days: int
    expired_snapshots: int
    manifests_less: int
    removed: Removed


def keep_up(
    gold: GoldTables,
    name: str,
    now: datetime,
    snapshots: timedelta = KEEP_SNAPSHOTS,
    orphans: timedelta = KEEP_ORPHANS,
) -> Upkeep:
    """Compact, expire, regroup, sweep: in this order each step leaves less to the next. Again: nothing to do."""
    return Upkeep(
        compact(gold, name),
        expire(gold, name, now - snapshots),
        until_no_conflict(
            lambda: regroup_manifests(gold.table(name), _SUMMARY), f"regroup manifests of gold.{name}"
        ),
        remove_orphans(gold.table(name), now - orphans),
    )


def compact(gold: GoldTables, name: str) -> int:
    """Rewrite each day of several files, or of rows deleted by other engines, as one sorted file.

    `GoldTables.replace` leaves one file a day by itself; appends and deletes through Trino or Spark do not.
    """
    scattered = _scattered_days(gold.table(name))
    for first in range(0, len(scattered), _DAYS_A_COMMIT):
        days = scattered[first : first + _DAYS_A_COMMIT]
        until_no_conflict(partial(_rewrite, gold, name, days), f"compact gold.{name}")
    return len(scattered)


def expire(gold: GoldTables, name: str, older_than: datetime) -> int:
    """Forget the snapshots that were replaced before a moment, and return how many.

    What has been current since then stays, however old its commit; so does every tagged one.
    """

    def drop() -> int:
        table = gold.table(name)
        outdated = list(_outdated(table, int(older_than.timestamp() * 1000)))
        if outdated:
            table.maintenance.expire_snapshots().by_ids(outdated).commit()
        return len(outdated)

    return until_no_conflict(drop, f"expire snapshots of gold.{name}")


def _scattered_days(target: Table) -> list[SymbolDay]:
    files: dict[SymbolDay, int] = {}
    epoch = date(1970, 1, 1).toordinal()
    for task in target.scan().plan_files():
        day = SymbolDay(task.file.partition[0], date.fromordinal(epoch + task.file.partition[1]))
        files[day] = files.get(day, 0) + 1 + len(task.delete_files)
    return sorted(day for day, count in files.items() if count > 1)


def _rewrite(gold: GoldTables, name: str, days: Sequence[SymbolDay]) -> int:
    target, where = gold.table(name), days_filter(days)
    rows = rows_to_commit(target, gold.time_of(name), days, target.scan(where).to_arrow())
    return swap_files(target, where, write_files(target, rows), _SUMMARY, same_rows=True)


def _outdated(target: Table, older_than_ms: int) -> Iterator[int]:
    """Snapshots without a tag or branch whose successor came before that moment.

    The age of their own commit does not count: a snapshot may be old and have been current a minute ago, with a
    dataset just being frozen from it.
    """
    replaced_ms = {
        entry.snapshot_id: successor.timestamp_ms for entry, successor in pairwise(target.history())
    }
    pinned = {reference.snapshot_id for reference in target.refs().values()}
    for snapshot in target.snapshots():
        since = replaced_ms.get(snapshot.snapshot_id, snapshot.timestamp_ms)
        if since < older_than_ms and snapshot.snapshot_id not in pinned:
            yield snapshot.snapshot_id
