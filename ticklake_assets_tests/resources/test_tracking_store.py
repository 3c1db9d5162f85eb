from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ticklake_assets.settings import Settings

OPEN = """
import os, sys, time
from pathlib import Path
import mlflow
from ticklake_assets.resources.tracking_store import open_tracking_store
from ticklake_assets.settings import Settings
print("ready", flush=True)
sys.stdin.readline()
open_tracking_store(Settings())
print(mlflow.get_experiment_by_name("ticklake").experiment_id)
"""


@pytest.mark.slow
def test_runs_that_come_first_together_make_one_store(tmp_path: Path) -> None:
    """Without the lock two of three fail: both migrate the empty database, or both make the experiment."""
    environment = {**os.environ, "TICKLAKE_HOME": str(tmp_path)}
    command = [sys.executable, "-c", OPEN]
    runs = [
        subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for run in runs:
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
    for run in runs:
        assert run.stdin is not None
        run.stdin.write("\n")
        run.stdin.flush()
    answers = [run.communicate()[0].split() for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0]
    assert len({answer[-1] for answer in answers}) == 1
    assert (tmp_path / Path(Settings(home=tmp_path).mlflow.removeprefix("sqlite:///")).name).exists()
