"""Ctrl-C while Maven downloads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

UP = """
import sys
from pathlib import Path
from stack.maven import run_maven
from ticklake_assets_tests.stack.scripted import Scripted, bring_up, new_site

class Fetched(Scripted):
    def install(self, site):
        run_maven(site.cache / "maven", self.name, "get")

bring_up(new_site(Path(sys.argv[1])), Fetched("one"))
"""


@pytest.mark.parametrize("whole_group", [True, False], ids=["Ctrl-C", "kill -INT"])
def test_maven_ends_and_is_not_asked_again(tmp_path: Path, *, whole_group: bool) -> None:
    """A terminal sends the signal to Maven, too; `kill` to the command alone."""
    maven = tmp_path / "bin" / "mvn"
    maven.parent.mkdir()
    maven.write_text(f"#!/bin/sh\necho $$ >> {tmp_path}/started\nexec sleep 60\n")
    maven.chmod(0o755)
    command = subprocess.Popen(
        [sys.executable, "-c", UP, str(tmp_path)],
        env={**os.environ, "PATH": f"{maven.parent}:{os.environ['PATH']}"},
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    started = tmp_path / "started"
    while not started.exists():
        assert command.poll() is None, command.communicate()
        time.sleep(0.05)
    began = time.monotonic()
    (os.killpg if whole_group else os.kill)(command.pid, signal.SIGINT)
    _, said = command.communicate(timeout=30)
    assert time.monotonic() - began < 10
    assert b"KeyboardInterrupt" in said
    pids = [int(line) for line in started.read_text().split()]
    assert len(pids) <= 2, "at most one more, which began before the command knew"
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
