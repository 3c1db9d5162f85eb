"""`raw_arrivals`: the one mechanism that brings files to gold, level-triggered (docs/architecture.md, The raw sensor).

It never remembers what it has seen. Every look compares what lies in the bucket with what gold says it was made
from and asks for the difference; a lost tick, a crash or a bad day is found again by the next look.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    MAX_RETRIES_TAG,
    PARTITION_NAME_TAG,
)

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.jobs import RAW_TO_GOLD, RESEAL
from ticklake_assets.defs.partitions import SYMBOL_DAY
from ticklake_assets.defs.raw.planning import Launch, Tries, plan_runs
from ticklake_assets.instance.asked_again import asked_again
from ticklake_assets.instance.in_process_runs import end_orphans
from ticklake_assets.resources.lake import Lake
from ticklake_assets.storage.raw.state import RawState, observe

CONTENT_TAG = "ticklake/content"
MOST_RUNS_A_LOOK = 8
_NAMED = 3
"""Days that a skipped look names of each kind of trouble."""


@dg.sensor(
    jobs=[RAW_TO_GOLD, RESEAL],
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def raw_arrivals(context: dg.SensorEvaluationContext, lake: Lake) -> dg.SensorResult:
    """Launch raw to gold for every symbol-day whose object gold was not made from, in contiguous ranges."""
    end_orphans(context.instance)
    # Before and after: a run that ends while the lake is listed has left what the listing does not show yet.
    busy = days_in_flight(context.instance)
    state = observe(lake.store)
    busy |= days_in_flight(context.instance)
    tries = tries_of(context.instance)
    missing, refused, touched = map(_in_graph, (state.to_build, state.refused, state.to_reseal))
    launches, waiting = plan_runs(missing, refused, busy, tries, MOST_RUNS_A_LOOK)
    reseals, _ = plan_runs(touched, {}, busy, tries, MOST_RUNS_A_LOOK)
    requests = [_request(launch, RAW_TO_GOLD.name) for launch in launches]
    requests += [_request(launch, RESEAL.name) for launch in reseals]
    # Written by every look, also by one that asks for nothing: what people read there is true now.
    cursor = json.dumps({"objects": state.objects, "to_build": len(state.to_build)})
    if not requests:
        return dg.SensorResult(skip_reason=_remark(state, len(busy), waiting), cursor=cursor)
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


def tries_of(instance: dg.DagsterInstance) -> Callable[[str], Tries]:
    """What the instance remembers of the runs over a content; those before the last `ask_again` don't count."""
    asked = asked_again(instance)

    def tries(digest: str) -> Tries:
        runs = dg.RunsFilter(tags={CONTENT_TAG: digest})
        total = instance.get_runs_count(runs)
        if not total:
            return Tries()
        last = instance.get_run_records(runs, limit=1)[0]
        since = asked.get(SymbolDay.parse(last.dagster_run.tags[ASSET_PARTITION_RANGE_START_TAG]).symbol)
        since_then = dg.RunsFilter(tags={CONTENT_TAG: digest}, created_after=since)
        lately = instance.get_runs_count(since_then) if since else total
        return Tries(total, lately, time.time() - (last.end_time or last.update_timestamp.timestamp()))

    return tries


def _in_graph(contents: Mapping[SymbolDay, str]) -> dict[SymbolDay, str]:
    """Without days that are no partition (an unknown symbol, today): one request for them would fail the look."""
    return {day: content for day, content in contents.items() if SYMBOL_DAY.has_partition_key(day.key)}


def _request(launch: Launch, job_name: str) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=f"{job_name}:{launch.run_key}",
        job_name=job_name,
        tags={
            ASSET_PARTITION_RANGE_START_TAG: launch.days[0].key,
            ASSET_PARTITION_RANGE_END_TAG: launch.days[-1].key,
            CONTENT_TAG: launch.digest,
            MAX_RETRIES_TAG: "0",  # the next look is the retry: two would build the days twice
        },
    )


def _remark(state: RawState, in_flight: int, waiting: list[Launch]) -> str:
    """What a look without a request says: the counts, and the first names of what waits or needs a person."""
    pending = [*state.to_build, *state.refused, *state.to_reseal]
    troubles: dict[str, Sequence[object]] = {
        "given up": [day for launch in waiting if launch.is_given_up for day in launch.days],
        "tried again": [
            f"{day} in {launch.waits_s / 60:.0f} min (now: `ticklake retry {day.symbol}`)"
            for launch in waiting
            if not launch.is_given_up
            for day in launch.days
        ],
        "violated": list(state.violated),
        "no partition": [day for day in pending if not SYMBOL_DAY.has_partition_key(day.key)],
        "unknown name": state.strangers,
    }
    return "; ".join(
        [state.summary(in_flight), *(_named(*trouble) for trouble in troubles.items() if trouble[1])]
    )


def _named(trouble: str, what: Iterable[object]) -> str:
    names = [str(item) for item in what]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{trouble}: {', '.join(names[:_NAMED])}{more}"
