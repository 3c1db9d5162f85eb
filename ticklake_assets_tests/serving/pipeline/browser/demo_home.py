"""A home with the demo's data: made by `ticklake demo`, or copied from one that it made before."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

KEPT = "TICKLAKE_BROWSER_HOME"
"""A demo's home to copy, which saves the two minutes that making one takes."""
_PLACES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
    ("tags", "value"),
)
"""Where MLflow's database has addresses of files."""


def demo_home(folder: Path) -> Path:
    """The home `folder`, with what the demo leaves.

    Tables of Iceberg name their files by absolute paths: those of a copy are read from the kept home, which nothing
    changes, and what is committed anew is written beside them.
    """
    if kept := os.environ.get(KEPT):
        return copied(Path(kept).absolute(), folder)
    command = [sys.executable, "-m", "ticklake_assets.cli", "demo", "--no-pages"]
    done = subprocess.run(command, env=environment_of(folder), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def copied(kept: Path, home: Path) -> Path:
    """A copy of a home: none of what runs there, or who has signed in."""
    shutil.copytree(kept, home, ignore=shutil.ignore_patterns("spark", "pages", "*.sock"))
    _own_artefacts(home, kept)
    return home


def environment_of(home: Path, **more: str) -> dict[str, str]:
    """What a process of that home is started with."""
    rest = {name: value for name, value in os.environ.items() if name != KEPT}
    return {**rest, "TICKLAKE_HOME": str(home), **more}


def _own_artefacts(home: Path, before: Path) -> None:
    """What MLflow is told to keep lies in the copy from now on."""
    with closing(sqlite3.connect(home / "mlflow.db")) as database, database:
        for table, column in _PLACES:
            database.execute(
                f"UPDATE {table} SET {column} = replace({column}, ?, ?)", (f"{before}/", f"{home}/")
            )
