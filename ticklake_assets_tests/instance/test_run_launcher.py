from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.launcher import WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._core.test_utils import create_run_for_test

from ticklake_assets.instance.home import open_instance
from ticklake_assets.instance.run_launcher import WatchedRunLauncher
from ticklake_assets.settings import Settings


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("DAGSTER_HOME", "")  # set by `open_instance`, and restored behind it
    with open_instance(Settings(home=tmp_path)) as instance:
        yield instance


def health(instance: dg.DagsterInstance, pid: int | None, socket: Path | None) -> WorkerStatus:
    """What the instance's launcher says of a run that was started in the process by the code server there."""
    tags = {GRPC_INFO_TAG: json.dumps({"host": "localhost", "socket": str(socket)})} if socket else {}
    run = create_run_for_test(instance, "job", tags=tags, status=dg.DagsterRunStatus.STARTED)
    if pid:
        instance.report_engine_event(f"Started process for run (pid: {pid}).", run)
    assert isinstance(instance.run_launcher, WatchedRunLauncher)
    return instance.run_launcher.check_run_worker_health(run).status


def test_a_run_whose_process_is_gone_is_dead_and_a_zombie_is_gone(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    (socket := tmp_path / "socket").touch()
    with subprocess.Popen(["true"]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert health(instance, child.pid, socket) is WorkerStatus.FAILED
    assert health(instance, child.pid, socket) is WorkerStatus.FAILED
    assert health(instance, os.getpid(), socket) is WorkerStatus.RUNNING


def test_what_is_not_ours_is_not_judged(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    (socket := tmp_path / "socket").touch()
    with subprocess.Popen(["true"]) as gone:
        pass
    assert health(instance, gone.pid, tmp_path / "of another machine") is WorkerStatus.RUNNING
    assert health(instance, gone.pid, None) is WorkerStatus.RUNNING
    assert health(instance, None, socket) is WorkerStatus.RUNNING
