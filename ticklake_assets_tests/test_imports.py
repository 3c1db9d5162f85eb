"""What a command loads before it answers: a second of imports is a second that a person waits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "boto3", "cryptography", "dagster", "duckdb", "dvc", "fastapi", "great_expectations", "httpx", "matplotlib",
    "mlflow", "numba", "numpy", "onnxruntime", "optuna", "pandas", "polars", "pyarrow", "pydantic_settings",
    "pyiceberg", "pyspark", "scipy", "sqlalchemy", "xgboost",
)  # fmt: skip
"""Libraries whose import takes a twentieth of a second and more."""
TABLES = {
    "duckdb",
    "numba",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic_settings",
    "pyiceberg",
    "scipy",
    "sqlalchemy",
}
LOADED = {
    "settings": {"pydantic_settings"},
    "instruments": {"pydantic_settings"},
    "instrument list": {"pydantic_settings"},
    "instrument show EURUSD": {"pydantic_settings"},
    "instrument search gold": {"pydantic_settings"},
    "costs": {"numpy", "pydantic_settings"},
    "dialects": {"pydantic_settings"},
    "dataset list": {"pydantic_settings"},
    "model list": {"httpx", "pydantic_settings"},
    "sql 1": TABLES | {"httpx"},
}
"""By command what it may load, on a home of its own."""
RUN = f"""
import json, sys
from ticklake_assets.cli import app
try:
    app(json.loads(sys.argv[1]), prog_name="ticklake")
except SystemExit as ended:
    print(json.dumps([ended.code, [name for name in {HEAVY} if name in sys.modules]]), file=sys.stderr)
"""
ANSWERS = """
import contextlib, io, json, sys
import typer
from ticklake_assets.cli import app

def commands(group, words=()):
    yield words, group
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*words, name))

told = {}
for words, command in commands(typer.main.get_command(app)):
    needs = any(parameter.required for parameter in command.params)
    for asked in ["--help", "--no-such-option", *([None] if needs else [])]:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            try:
                app([*words, *([asked] if asked else [])], prog_name="ticklake")
            except SystemExit as ended:
                told[" ".join([*words, asked or "(nothing)"])] = ended.code
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    app(["--version"], prog_name="ticklake")
bodies = [name for name in sys.modules if name.startswith(("ticklake_assets.commands.", "ticklake_assets.core.market"))]
print(json.dumps([told, [name for name in json.loads(sys.argv[1]) if name in sys.modules] + bodies]))
"""
"""Asks every command for its help, with an option that is none, and without what it needs."""


def test_help_and_wrong_arguments_load_nothing() -> None:
    start = [sys.executable, "-c", ANSWERS, json.dumps(HEAVY)]
    done = subprocess.run(start, capture_output=True, text=True, timeout=120, check=True)
    told, loaded = json.loads(done.stdout)
    assert loaded == []
    assert len(told) > 90
    assert {code for asked, code in told.items() if asked.endswith("--help")} == {0}
    assert {code for asked, code in told.items() if not asked.endswith("--help")} == {2}


@pytest.mark.parametrize("words", LOADED)
def test_a_look_loads_what_it_needs(tmp_path: Path, words: str) -> None:
    asked = ["sql", "SELECT 1"] if words == "sql 1" else words.split()
    start = [sys.executable, "-c", RUN, json.dumps(asked)]
    environment = {**os.environ, "TICKLAKE_HOME": str(tmp_path)}
    done = subprocess.run(start, env=environment, capture_output=True, text=True, timeout=120, check=True)
    code, loaded = json.loads(done.stderr.splitlines()[-1])
    assert (code, set(loaded) - LOADED[words]) == (0, set())
