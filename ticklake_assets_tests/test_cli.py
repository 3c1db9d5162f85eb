"""`ticklake` where it cannot work: one line, and nothing that looks as if it did."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "command", ["demo", "dev --port 3977", "backfill SYNEUR 2024-01-15 2024-01-15", "endpoint --port 8977"]
)
def test_a_home_that_cannot_be_used_is_one_line(tmp_path: Path, command: str) -> None:
    (tmp_path / "file").touch()
    home = tmp_path / "file" / "home"
    start = [sys.executable, "-m", "ticklake_assets.cli", *command.split()]
    environment = {**os.environ, "TICKLAKE_HOME": str(home)}
    done = subprocess.run(start, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    told = done.stderr.splitlines()[-1]
    assert told.startswith(f"ticklake: the disk refuses {home}")
    assert told.endswith(f"TICKLAKE_HOME, was {home}")
    assert "http" not in done.stdout, "an address is announced that nobody serves"
