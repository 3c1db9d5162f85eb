"""What an instance says of its work now, in figures: runs, failures, sensors, parity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import dagster as dg
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.scheduler.instigation import InstigatorStatus, TickStatus
from dagster._core.storage.runs.schema import RunsTable
from dagster._core.storage.runs.sql_run_storage import SqlRunStorage
from sqlalchemy import func, select

from ticklake_assets.core.symbol_day import SymbolDay

PARITY = dg.AssetKey(["ops", "parity"])
SHARE = "parity_share"
"""Metadata of a partition of it: of which share of the served ticks a recount gave all bits again, 0 to 1."""
_LATEST = 500
"""Materializations in which the newest of each symbol is looked for."""
_ENDED_WELL = [TickStatus.SUCCESS, TickStatus.SKIPPED]


@dataclass(frozen=True)
class InstanceFigures:
    """At one moment."""

    runs: Mapping[str, int]
    """By status, each of Dagster's."""
    failures: Mapping[str, int]
    """Runs that failed, by job; 0 for a job that has run and never failed."""
    sensor_ages_s: Mapping[str, float]
    """Of the sensors that shall run: seconds since a look ended well."""
    parity: Mapping[str, float]
    """By symbol, of the last day that was recounted."""


def figures_of(instance: dg.DagsterInstance, now_s: float, watched_since_s: float) -> InstanceFigures:
    """Count. A sensor without any good look is as old as the watch; both times are seconds since the epoch."""
    runs, failures = Counter({status.value: 0 for status in dg.DagsterRunStatus}), Counter[str]()
    for job, status, count in _runs(instance):
        runs[status] += count
        failures[job] += count if status == dg.DagsterRunStatus.FAILURE.value else 0
    return InstanceFigures(runs, failures, _sensor_ages(instance, now_s, watched_since_s), _parity(instance))


def _runs(instance: dg.DagsterInstance) -> list[tuple[str, str, int]]:
    """Job, status and number: one question, where Dagster's own functions would bring each run."""
    storage, table = instance.run_storage, RunsTable.c
    assert isinstance(storage, SqlRunStorage), "SQLite and Postgres are"
    counted = select(table.pipeline_name, table.status, func.count()).group_by(
        table.pipeline_name, table.status
    )
    with storage.connect() as connection:
        return [(job, status, count) for job, status, count in connection.execute(counted)]


def _sensor_ages(instance: dg.DagsterInstance, now_s: float, watched_since_s: float) -> dict[str, float]:
    ages: dict[str, float] = {}
    for state in instance.all_instigator_state(instigator_type=InstigatorType.SENSOR):
        if state.status == InstigatorStatus.STOPPED:
            continue
        ticks = instance.get_ticks(
            state.instigator_origin_id, state.selector_id, limit=1, statuses=_ENDED_WELL
        )
        age = now_s - (ticks[0].timestamp if ticks else watched_since_s)
        # An older code location may have left a state of the same name behind.
        ages[state.instigator_name] = min(age, ages.get(state.instigator_name, age))
    return ages


def _parity(instance: dg.DagsterInstance) -> dict[str, float]:
    found = instance.fetch_materializations(dg.AssetRecordsFilter(asset_key=PARITY), limit=_LATEST)
    newest: dict[str, tuple[SymbolDay, float]] = {}
    for record in reversed(found.records):  # oldest first: a day that was recounted has its last word
        made = record.asset_materialization
        if made is None or made.partition is None or SHARE not in made.metadata:
            continue
        day, share = SymbolDay.parse(made.partition), made.metadata[SHARE].value
        if isinstance(share, int | float) and day >= newest.get(day.symbol, (day, share))[0]:
            newest[day.symbol] = day, float(share)
    return {symbol: share for symbol, (_, share) in newest.items()}
