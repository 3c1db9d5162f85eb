"""Upkeep of the gold tables, every night: files, manifests and snapshots that pile up commit by commit."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from ticklake_assets.resources.gold import Gold
from ticklake_assets.storage.gold.maintenance import keep_up

KEYS = {table: dg.AssetKey(["maintenance", table]) for table in ("bars", "features", "labels")}


@dg.multi_asset(
    name="gold_maintenance",
    specs=[
        dg.AssetSpec(
            key,
            group_name="maintenance",
            description=f"What the last upkeep of `gold.{table}` did; its numbers over time are its plots.",
            kinds={"python", "iceberg"},
            owners=["team:research"],
        )
        for table, key in KEYS.items()
    ],
    pool="gold_maintenance",
)
def gold_maintenance(gold: Gold) -> Iterator[dg.MaterializeResult]:
    """Compact, expire, regroup and sweep each table, beside whoever reads and writes it."""
    now = datetime.now(UTC)
    for table, key in KEYS.items():
        done = keep_up(gold.tables, table, now)
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={
                "compacted_days": done.compacted_days,
                "expired_snapshots": done.expired_snapshots,
                "manifests_less": done.manifests_less,
                "removed_files": done.removed.files,
                "removed_bytes": done.removed.bytes,
                "snapshots": len(gold.tables.table(table).snapshots()),
            },
        )


keep_up_gold = dg.define_asset_job(
    "keep_up_gold", dg.AssetSelection.groups("maintenance"), description="Upkeep of every gold table."
)
nightly_upkeep = dg.ScheduleDefinition(
    job=keep_up_gold, cron_schedule="0 4 * * *", default_status=dg.DefaultScheduleStatus.RUNNING
)
