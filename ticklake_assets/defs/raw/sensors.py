"""`raw_arrivals`: the one mechanism that brings files to gold, level-triggered (DESIGN.md section 5).

It never remembers what it has seen. Every look compares what lies in the bucket with what gold says it was made
from and asks for the difference; a lost tick, a crash or a bad day is found again by the next look.
"""

import json

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.jobs import RAW_TO_GOLD, RESEAL
from ticklake_assets.defs.raw.planning import Launch, plan
from ticklake_assets.resources.lake import Lake
from ticklake_assets.storage.raw_state import observe

CONTENT_TAG = "ticklake/content"
MOST_RUNS_A_LOOK = 8


@dg.sensor(
    jobs=[RAW_TO_GOLD, RESEAL],
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def raw_arrivals(context: dg.SensorEvaluationContext, lake: Lake) -> dg.SensorResult | dg.SkipReason:
    """Launch raw to gold for every symbol-day whose object gold was not made from, in contiguous ranges."""
    state = observe(lake.store)
    busy = days_in_flight(context.instance)
    launches, given_up = plan(
        state.to_build, state.refused, busy, _attempts(context.instance), MOST_RUNS_A_LOOK
    )
    reseals, _ = plan(state.to_reseal, {}, busy, _attempts(context.instance), MOST_RUNS_A_LOOK)
    for launch in given_up:
        context.log.warning(
            f"Given up after {launch.attempt - 1} runs: {launch.days[0]} to {launch.days[-1]}"
        )
    for day, problem in state.violated.items():
        context.log.error(f"{day}: {problem}")
    requests = [_request(launch, RAW_TO_GOLD.name) for launch in launches]
    requests += [_request(launch, RESEAL.name) for launch in reseals]
    if not requests:
        return dg.SkipReason(state.summary(len(busy)))
    cursor = json.dumps(
        {"objects": state.objects, "to_build": len(state.to_build), "launched": len(requests)}
    )
    return dg.SensorResult(run_requests=requests, cursor=cursor)


def days_in_flight(instance: dg.DagsterInstance) -> set[SymbolDay]:
    """Days that a queued or running run already covers, whoever launched it."""
    days: set[SymbolDay] = set()
    for run in instance.get_runs(dg.RunsFilter(statuses=list(NOT_FINISHED_STATUSES))):
        first = run.tags.get(ASSET_PARTITION_RANGE_START_TAG) or run.tags.get(PARTITION_NAME_TAG)
        last = run.tags.get(ASSET_PARTITION_RANGE_END_TAG) or first
        if first and last:
            day, end = SymbolDay.parse(first), SymbolDay.parse(last)
            days.update(day.shifted(offset) for offset in range((end.trading_day - day.trading_day).days + 1))
    return days


def _attempts(instance: dg.DagsterInstance):  # type: ignore[no-untyped-def]
    return lambda digest: instance.get_runs_count(dg.RunsFilter(tags={CONTENT_TAG: digest}))


def _request(launch: Launch, job_name: str) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=f"{job_name}:{launch.run_key}",
        job_name=job_name,
        tags={
            ASSET_PARTITION_RANGE_START_TAG: launch.days[0].key,
            ASSET_PARTITION_RANGE_END_TAG: launch.days[-1].key,
            CONTENT_TAG: launch.digest,
        },
    )
