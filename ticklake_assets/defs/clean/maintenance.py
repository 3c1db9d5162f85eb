"""Clean Parquet that no manifest lists: what runs left that died between Spark's write and the publication."""

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from ticklake_assets.resources.lake import Lake
from ticklake_assets.storage.partitions.generations import sweep


@dg.op
def remove_unlisted_files(context: dg.OpExecutionContext, lake: Lake) -> None:
    """Delete files of dead runs; those of running ones are about to be listed."""
    running = context.instance.get_runs(dg.RunsFilter(statuses=list(NOT_FINISHED_STATUSES)))
    removed = sweep(lake.store, {run.run_id for run in running})
    context.log.info(f"removed {removed} files that no manifest lists")


@dg.job(description="Delete clean Parquet files that no manifest lists.")
def sweep_clean() -> None:
    remove_unlisted_files()


nightly_sweep = dg.ScheduleDefinition(
    job=sweep_clean, cron_schedule="30 3 * * *", default_status=dg.DefaultScheduleStatus.RUNNING
)
