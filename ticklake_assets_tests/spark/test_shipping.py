"""The package as a session ships it: enough for a task, and its machine code in one place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ticklake_assets.spark.shipping import archive

WORKER = """
import sys
sys.path.insert(0, sys.argv[1])
from ticklake_assets.core import rule_kernel
from ticklake_assets.storage.partitions import day_cleaning
print(day_cleaning.__file__)
print(rule_kernel.judge_columns._cache.cache_path)
"""


def places(archived: Path, cache: Path) -> list[str]:
    command = [sys.executable, "-c", WORKER, str(archived)]
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(command, cwd=cache, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_worker_runs_from_the_zip_and_finds_machine_code_whatever_its_path(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    found = []
    for name in ("one", "two"):
        zipped = tmp_path / name / "ticklake.zip"
        zipped.parent.mkdir()
        zipped.write_bytes(archive())
        module, machine_code = places(zipped, cache)
        assert module.startswith(str(zipped))
        found.append(machine_code)
    assert found == [str(cache / "numba" / "ticklake")] * 2


def test_the_same_files_are_the_same_bytes() -> None:
    assert archive() == archive()
