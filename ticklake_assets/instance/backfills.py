"""Backfills through the instance's own API: the daemon launches the runs, the UI shows them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import dagster as dg
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.storage.tags import BACKFILL_ID_TAG
from dagster._core.utils import make_new_backfill_id

from ticklake_assets.core.symbol_day import SymbolDay

FINISHED = (
    BulkActionStatus.COMPLETED_SUCCESS,
    BulkActionStatus.COMPLETED_FAILED,
    BulkActionStatus.FAILED,
    BulkActionStatus.CANCELED,
)


def request_backfill(
    instance: dg.DagsterInstance,
    definitions: dg.Definitions,
    assets: Sequence[dg.AssetKey],
    days: Sequence[SymbolDay],
    title: str,
    run_config: Mapping[str, object] | None = None,
) -> str:
    """Ask for `assets` on `days`; returns the backfill's id. The daemon does the rest.

    `run_config` goes with every run of the backfill.
    """
    backfill = PartitionBackfill.from_asset_partitions(
        backfill_id=make_new_backfill_id(),
        asset_graph=definitions.get_repository_def().asset_graph,
        partition_names=[day.key for day in days],
        asset_selection=list(assets),
        backfill_timestamp=time.time(),
        tags={},
        dynamic_partitions_store=instance,
        all_partitions=False,
        title=title,
        description=None,
        run_config=run_config,
    )
    instance.add_backfill(backfill)
    return backfill.backfill_id


def await_backfill(
    instance: dg.DagsterInstance, backfill_id: str, progress: Callable[[str, list[dg.DagsterRun]], None]
) -> bool:
    """Wait for a backfill to end, reporting its runs; returns whether all of it succeeded."""
    while True:
        backfill, runs = _look(instance, backfill_id)
        progress(backfill.status.value, runs)
        if backfill.status in FINISHED:
            return backfill.status is BulkActionStatus.COMPLETED_SUCCESS
        time.sleep(1.0)


def cancel_backfill(
    instance: dg.DagsterInstance, backfill_id: str, progress: Callable[[str, list[dg.DagsterRun]], None]
) -> None:
    """Have the daemon end a backfill and its runs, and wait until none of them goes on."""
    while True:
        backfill, runs = _look(instance, backfill_id)
        if backfill.status is BulkActionStatus.REQUESTED:  # or again: the daemon wrote its own look over it
            cancelling = backfill.with_status(BulkActionStatus.CANCELING)  # type: ignore[no-untyped-call]
            instance.update_backfill(cancelling)
        progress(backfill.status.value, runs)
        if backfill.status in FINISHED and all(run.is_finished for run in runs):
            return
        time.sleep(1.0)


def _look(instance: dg.DagsterInstance, backfill_id: str) -> tuple[PartitionBackfill, list[dg.DagsterRun]]:
    backfill = instance.get_backfill(backfill_id)
    assert backfill is not None
    return backfill, runs_of(instance, backfill_id)


def runs_of(instance: dg.DagsterInstance, backfill_id: str) -> list[dg.DagsterRun]:
    """The runs that a backfill has launched so far."""
    return list(instance.get_runs(dg.RunsFilter(tags={BACKFILL_ID_TAG: backfill_id})))
