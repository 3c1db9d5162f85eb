"""Runs that live in the process of a command: when it is killed, they end with it, and Dagster is not told."""

from __future__ import annotations

import platform

import dagster as dg
import psutil
from dagster._core.storage.dagster_run import IN_PROGRESS_RUN_STATUSES

PROCESS_TAG = "ticklake/process"
_CLOCK_STEP_S = 60.0
"""When a process started is told by the machine's clock, which is set now and then: that far it is the same one."""


def process_tag() -> dict[str, str]:
    """The tag of a run that is about to start in this process; a number alone would be another's one day."""
    return {PROCESS_TAG: _name_of(psutil.Process())}


def end_orphans(instance: dg.DagsterInstance) -> None:
    """Note as failed the runs whose process on this machine is gone."""
    for run in instance.get_runs(dg.RunsFilter(statuses=IN_PROGRESS_RUN_STATUSES)):
        if (name := run.tags.get(PROCESS_TAG)) and not _lives(name):
            note_as_dead(
                instance, run, "The command that this run lived in was stopped, and the run with it."
            )


def note_as_dead(instance: dg.DagsterInstance, run: dg.DagsterRun, why: str) -> None:
    """Note a run as failed whose process is gone, unless it had ended just before that."""
    found = instance.get_run_by_id(run.run_id)
    if found is not None and not found.is_finished:
        instance.report_run_failed(found, why)


def _lives(name: str) -> bool:
    """Whether that process is there, and no zombie; one of another machine is believed."""
    machine, pid, started = name.rsplit(":", 2)
    if machine != platform.node():
        return True
    try:
        process = psutil.Process(int(pid))
        is_it = abs(process.create_time() - float(started)) < _CLOCK_STEP_S
        return is_it and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _name_of(process: psutil.Process) -> str:
    return f"{platform.node()}:{process.pid}:{process.create_time():.2f}"
