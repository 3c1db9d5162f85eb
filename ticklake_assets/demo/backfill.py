"""`ticklake backfill`: ask Dagster's daemon for landing to gold, and show its runs."""

from __future__ import annotations

import time
from datetime import date

import dagster as dg
from dagster._core.execution.plan.objects import StepFailureData
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ticklake_assets.core.calendar import calendar_days
from ticklake_assets.core.errors import DataError, SetupError, TicklakeError
from ticklake_assets.core.instruments import instrument
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.definitions import defs
from ticklake_assets.defs.landing.assets import landing_run_config
from ticklake_assets.defs.partitions import SYMBOL_DAY
from ticklake_assets.defs.raw.sensors import days_in_flight, raw_arrivals
from ticklake_assets.resources.backfills import await_backfill, request_backfill
from ticklake_assets.resources.dagster_home import (
    clear_instance_errors,
    daemon,
    is_daemon_alive,
    open_instance,
)
from ticklake_assets.resources.landing import SourceConfig
from ticklake_assets.settings import Settings

TO_GOLD = dg.AssetSelection.groups("landing", "raw", "parquet", "clean", "gold")
_LOOKS_S = 3.0 * (raw_arrivals.minimum_interval_seconds or 0)


def backfill_days(
    settings: Settings, symbol: str, first: date, last: date, console: Console, *, wait: bool = True
) -> bool:
    """Backfill landing to gold; returns whether all of it succeeded (True when not waiting).

    The ticks come from where `settings` say, also when the daemon that runs was started with others.
    """
    days = _days(symbol, first, last)
    definitions = defs()
    assets = sorted(TO_GOLD.resolve(definitions.resolve_asset_graph()))
    with clear_instance_errors(settings), open_instance(settings) as instance:
        title = f"{symbol} {first} to {last}"
        config = landing_run_config(SourceConfig.from_settings(settings))
        backfill_id = request_backfill(instance, definitions, assets, days, title, config)
        console.print(f"Backfill {backfill_id}: {title}, {len(days)} days of {len(assets)} assets")
        if not wait:
            console.print("The daemon of `ticklake dev` launches it.")
            return True
        with daemon(instance, settings.dagster_home) as started:
            console.print("Started a Dagster daemon for it." if started else "A Dagster daemon is running.")
            succeeded = _watch(instance, backfill_id, console)
            if started and not succeeded:
                console.print("The raw sensor brings the good days of failed runs to gold.")
                _await_quiet(instance, set(days))
            return succeeded


def _days(symbol: str, first: date, last: date) -> list[SymbolDay]:
    instrument(symbol)
    days = [SymbolDay(symbol, day) for day in calendar_days(first, last)]
    known = [day for day in days if SYMBOL_DAY.has_partition_key(day.key)]
    if not days or len(known) < len(days):
        offered = f"{first} to {last}"
        raise DataError(
            f"Days of {symbol}. Expected complete past days in the calendar of the graph, was {offered}"
        )
    return days


def _watch(instance: dg.DagsterInstance, backfill_id: str, console: Console) -> bool:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("runs", total=None)

        def show(status: str, runs: list[dg.DagsterRun]) -> None:
            if not is_daemon_alive(instance):
                raise SetupError(
                    f"The Dagster daemon has stopped while backfill {backfill_id} was {status.lower()}. Expected it "
                    "to run on: `ticklake dev`, on a stack `ticklake stack up`, starts one, which goes on with it"
                )
            ended = [run for run in runs if run.is_finished]
            progress.update(task, description=status.lower(), total=max(len(runs), 1), completed=len(ended))

        succeeded = await_backfill(instance, backfill_id, show)
    for run in instance.get_runs(dg.RunsFilter(tags={"dagster/backfill": backfill_id})):
        for reason in _failures(instance, run.run_id):
            console.print(
                f"run {run.run_id}: {reason}", style="red", highlight=False, markup=False, soft_wrap=True
            )
    return succeeded


def _await_quiet(instance: dg.DagsterInstance, days: set[SymbolDay]) -> None:
    """Wait until no run has held any of `days` for a few looks of the raw sensor: this daemon ends with us."""
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < _LOOKS_S:
        if days & days_in_flight(instance):
            quiet_since = time.monotonic()
        time.sleep(1.0)


def _failures(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    """What the failed steps of a run said: days and reasons."""
    failed = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    events = [entry.get_dagster_event() for entry in failed]
    return [_reason(event.step_failure_data) for event in events]


def _reason(failure: StepFailureData) -> str:
    said = failure.user_failure_data
    if said is not None and said.description:
        return said.description
    if failure.error is None:
        return "failed without a word"
    raised = failure.error.cause or failure.error  # Dagster's own error says only in which step
    return raised.message.strip().removeprefix(f"{TicklakeError.__module__}.")
