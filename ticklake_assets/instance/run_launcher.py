"""Dagster's own launcher of runs, able to see that the process of a run is gone."""

from __future__ import annotations

import json
import re
from pathlib import Path

import dagster as dg
import psutil
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG

_STARTED = re.compile(r"Started process for run \(pid: (\d+)\)")


class WatchedRunLauncher(DefaultRunLauncher):
    """Lets run monitoring end a run whose process has died.

    In Dagster 1.13 only the code server that started the process looks after it, and it stops looking for good
    where Dagster's database does not answer at that moment: the run would stay "started" for hours, and the
    sensor would leave its days alone as long.
    """

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """A run of another machine, or of a process without a code server, is not ours to judge."""
        launcher = json.loads(run.tags.get(GRPC_INFO_TAG, "{}"))
        is_ours = "socket" in launcher and Path(launcher["socket"]).exists()
        pid = _process_of(self._instance, run) if is_ours else None
        if pid is None or _is_alive(pid):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.FAILED, f"its process {pid} is gone")


def _process_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> int | None:
    events = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT)
    told = [_STARTED.search(entry.get_dagster_event().message or "") for entry in events]
    return next((int(found[1]) for found in told if found), None)


def _is_alive(pid: int) -> bool:
    """A zombie, which its code server has not waited for, is dead."""
    try:
        return psutil.Process(pid).status() not in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}
    except psutil.NoSuchProcess:
        return False
