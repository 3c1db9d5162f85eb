"""Show a backfill while Dagster's daemon works on it, and what its failed runs said."""

from __future__ import annotations

import time
from collections.abc import Callable

import dagster as dg
from dagster._core.execution.plan.objects import StepFailureData
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_START_TAG, PARTITION_NAME_TAG
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ticklake_assets.core.errors import SetupError, TicklakeError
from ticklake_assets.instance.backfills import await_backfill, cancel_backfill, runs_of
from ticklake_assets.instance.home import is_daemon_alive

PATIENCE_S = 60.0
"""Without a daemon: `ticklake dev` starts another within some seconds."""
CANCELLED = "It was cancelled, and none of its runs goes on. To continue, give the same command again."


def watch(
    instance: dg.DagsterInstance,
    backfill_id: str,
    console: Console,
    total: int | None = None,
    on_end: Callable[[dg.DagsterRun], None] = lambda _: None,
) -> bool:
    """Wait for a backfill with a progress bar; returns whether all of it succeeded.

    `total` is the number of runs where it is known before they are launched; `on_end` is told each run once,
    soon after its end. An interrupt cancels the backfill and is raised once none of its runs goes on, so that what
    the caller holds around this call is held until then; another one leaves the rest to the daemon.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    told: set[str] = set()
    alive_at = time.monotonic()
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("runs", total=total)

        def show(status: str, runs: list[dg.DagsterRun]) -> None:
            nonlocal alive_at
            if is_daemon_alive(instance):
                alive_at = time.monotonic()
            elif time.monotonic() - alive_at > PATIENCE_S:
                raise SetupError(
                    f"The Dagster daemon has stopped while backfill {backfill_id} was {status.lower()}. Expected it "
                    "to run on: `ticklake dev`, on a stack `ticklake stack up`, starts one, which goes on with it"
                )
            ended = [run for run in runs if run.is_finished]
            progress.update(
                task, description=status.lower(), total=total or max(len(runs), 1), completed=len(ended)
            )
            for run in sorted(ended, key=partition_of):
                if run.run_id not in told:
                    told.add(run.run_id)
                    on_end(run)

        try:
            succeeded = await_backfill(instance, backfill_id, show)
        except KeyboardInterrupt:
            console.print(
                f"Cancelling backfill {backfill_id} and its runs; another Ctrl-C leaves that to the daemon",
                highlight=False, soft_wrap=True,
            )  # fmt: skip
            cancel_backfill(instance, backfill_id, show)
            console.print(CANCELLED, soft_wrap=True)
            raise
    for run in runs_of(instance, backfill_id):
        for reason in _failures(instance, run.run_id):
            console.print(
                f"run {run.run_id}: {reason}", style="red", highlight=False, markup=False, soft_wrap=True
            )
    return succeeded


def partition_of(run: dg.DagsterRun) -> str:
    """Key of the first partition that a run of a backfill covers."""
    return run.tags.get(ASSET_PARTITION_RANGE_START_TAG) or run.tags[PARTITION_NAME_TAG]


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
