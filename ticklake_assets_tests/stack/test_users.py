"""The stack as another user: what root does, and what it does for somebody without rights."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
LIFE = """
import os, signal, sys
from pathlib import Path
from stack import supervisor
from stack.services.postgres import Postgres
from stack.services.seaweedfs import SeaweedFS
from stack.supervisor import State
from ticklake_assets_tests.stack.scripted import bring_up, kill, new_site

site, services = new_site(Path(sys.argv[1])), [SeaweedFS(), Postgres()]
for _ in range(2):
    outcomes = bring_up(site, *services)
    print(*(f"{outcome.state} {outcome.problem}" for outcome in outcomes.values()))
    for service in services:
        kill(site, service)
supervisor.down(site, services)
"""


@pytest.fixture
def folder_of_nobody() -> Iterator[Path]:
    """Not under pytest's folder, into which only its owner may look."""
    folder = Path(tempfile.mkdtemp(prefix="stack-of-nobody-"))
    os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_somebody_without_rights_can_run_it(folder_of_nobody: Path) -> None:
    as_nobody = {"user": "nobody", "group": "nogroup", "extra_groups": [], "cwd": "/"}
    environment = {**os.environ, "HOME": str(folder_of_nobody), "PYTHONDONTWRITEBYTECODE": "1"}
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(REPOSITORY), *environment.get("PYTHONPATH", "").split(os.pathsep)]
    )
    try:
        subprocess.run([sys.executable, "-c", "import stack"], env=environment, check=True, **as_nobody)
    except (PermissionError, subprocess.CalledProcessError):
        pytest.skip(f"user nobody may not read {REPOSITORY} or {sys.executable}")
    answer = subprocess.run(
        [sys.executable, "-c", LIFE, str(folder_of_nobody)],
        env=environment,
        capture_output=True,
        text=True,
        **as_nobody,
    )
    assert answer.stdout == "healthy  healthy \n" * 2, answer.stderr
