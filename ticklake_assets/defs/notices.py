"""`run_failures`: tells people of runs that failed, where `TICKLAKE_NOTIFY` says whom."""

import dagster as dg
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)

from ticklake_assets.notices import Notices


@dg.run_failure_sensor(minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def run_failures(context: dg.RunFailureSensorContext, notices: dg.ResourceParam[Notices]) -> None:
    """One notice a job at once, and one that sums up the failures of the minutes after it."""
    run = context.dagster_run
    first = run.tags.get(ASSET_PARTITION_RANGE_START_TAG) or run.tags.get(PARTITION_NAME_TAG)
    last = run.tags.get(ASSET_PARTITION_RANGE_END_TAG, first)
    days = "" if first is None else f", {first}" if first == last else f", {first} to {last}"
    errors = [event.step_failure_data.error for event in context.get_step_failure_events()]
    first_error = next((error.cause or error for error in errors if error), None)
    said = first_error.message.strip() if first_error else context.failure_event.message
    notices.notify("run failed", run.job_name, f"Run {run.run_id}{days}: {said}")
