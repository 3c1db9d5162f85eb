"""ticklake installed from its wheel: an environment of its own with one extra and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Installation:
    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def run(self, program: str, *arguments: str | Path, home: Path) -> subprocess.CompletedProcess[str]:
        """Run one of its programs, far from the checkout and with nothing of this process's environment."""
        command = [self.folder / "bin" / program, *arguments]
        environment = {"PATH": "", "TICKLAKE_HOME": str(home), "COLUMNS": "200"}
        return subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


def build_wheel(folder: Path) -> Path:
    """Build as pip would, with the hatchling that is here."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, extra: str, folder: Path) -> Installation:
    """Install in the locked versions, out of uv's cache if they are in it; skip the test where neither has them."""
    installed = Installation(folder)
    uv = subprocess.run(
        [REPOSITORY / "stack" / "setup" / "uv.sh"], capture_output=True, text=True, check=False
    )
    if uv.returncode:
        pytest.skip(f"uv cannot be installed: {uv.stderr.strip()}")
    program = uv.stdout.strip()
    _uv(program, "venv", "--python", sys.executable, str(folder)).check_returncode()
    for network in (["--offline"], []):
        done = _uv(
            program, "pip", "install", *network, "--python", str(installed.python),
            "--constraint", "requirements.lock", f"{wheel}[{extra}]",
        )  # fmt: skip
        if done.returncode == 0:
            return installed
    if "error sending request" in done.stderr:
        said = next(line for line in done.stderr.splitlines() if line.startswith("error: "))
        pytest.skip(f"no registry answers, and uv's cache lacks a package: {said}")
    raise AssertionError(done.stderr)


def _uv(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    return subprocess.run(
        [program, *arguments], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
