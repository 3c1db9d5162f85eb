from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ticklake_assets.spark.java import SYSTEM_HOMES

REPOSITORY = Path(__file__).resolve().parents[2]
START = """
from ticklake_assets.core.errors import SetupError
from ticklake_assets.resources.spark import spark_resource
from ticklake_assets.settings import Settings
try:
    spark_resource(Settings()).spark_session
except SetupError as error:
    print(error)
"""


def test_without_java_one_line_says_what_to_install(tmp_path: Path) -> None:
    """In a name space of its own, where the system's Java is hidden: no code is replaced."""
    tools = {name: shutil.which(name) for name in ("unshare", "mount", "sh")}
    hide = f"{tools['mount']} -t tmpfs none {SYSTEM_HOMES} && " if SYSTEM_HOMES.is_dir() else ""
    alone = [
        str(tools["unshare"]),
        "--mount",
        "--map-root-user",
        str(tools["sh"]),
        "-c",
        f'{hide}exec "$@"',
        "-",
    ]
    if (
        None in tools.values()
        or subprocess.run([*alone, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("this machine gives no mount name space of one's own")
    environment = {name: value for name, value in os.environ.items() if name != "JAVA_HOME"}
    environment |= {"PATH": str(tmp_path), "HOME": str(tmp_path), "TICKLAKE_HOME": str(tmp_path / "home")}
    answer = subprocess.run(
        [*alone, sys.executable, "-c", START],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Spark finds no Java; install openjdk-17-jre-headless" in answer.stdout
    assert answer.stdout.count("\n") == 1
