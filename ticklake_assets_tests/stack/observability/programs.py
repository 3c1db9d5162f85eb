"""The programs of Prometheus and Alertmanager, brought as by `ticklake stack up`; without them a test is skipped."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from stack.debian import bring_program
from stack.service import MissingProgramError
from stack.services import alertmanager, prometheus
from ticklake_assets.settings import Settings


def of_prometheus(program: str) -> Path:
    """`prometheus` or `promtool`."""
    return _brought(prometheus.PACKAGE, program, "")


def of_alertmanager(program: str) -> Path:
    """`prometheus-alertmanager` or `amtool`."""
    return _brought(alertmanager.PACKAGE, program, alertmanager.MESSAGES)


def told_by(command: Sequence[str | Path], folder: Path | None = None) -> str:
    """What a program says that must end well."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _brought(package: str, program: str, reads: str) -> Path:
    try:
        return bring_program(Settings().cache_dir, package, program, reads)
    except MissingProgramError as error:
        pytest.skip(str(error))
