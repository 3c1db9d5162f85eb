"""`ticklake` where it cannot work: one line, and nothing that looks as if it did."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from ticklake_assets.cli import app
from ticklake_assets.loopback import free_port

COMMANDS = (
    "demo",
    "dev --port 3977",
    "backfill SYNEUR 2024-01-15 2024-01-15",
    "land SYNEUR 2024-01-15 2024-01-15",
    "instrument add XAGUSD --price 24",
    "trials SYNEUR",
    "endpoint --port 8977",
)
EVERY_COMMAND = f"""
import sys
from ticklake_assets.cli import app
for command in {COMMANDS}:
    try:
        app(command.split())
    except SystemExit as ended:
        print("exit code", ended.code, file=sys.stderr)
"""
"""A process for each would spend most of its time on imports."""


def test_a_home_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    home = tmp_path / "file" / "home"
    start = [sys.executable, "-c", EVERY_COMMAND]
    free = f"http://127.0.0.1:{free_port()}"  # a demo may have left its pages at the usual one
    environment = {**os.environ, "TICKLAKE_HOME": str(home), "TICKLAKE_PAGES_URL": free}
    done = subprocess.run(start, env=environment, capture_output=True, text=True, timeout=240, check=False)
    *told, rest = done.stderr.split("exit code 1\n")
    assert len(told) == len(COMMANDS), done.stderr
    assert rest == ""
    for of_command in told:
        last = of_command.splitlines()[-1]
        assert last.startswith(f"ticklake: the disk refuses {home}")
        assert last.endswith(f"TICKLAKE_HOME, was {home}")
    assert "http" not in done.stdout, "an address is announced that nobody serves"
    assert "0 ticks" not in done.stdout, "days are fetched that cannot be kept"


def test_a_flag_takes_no_value_and_its_help_says_so() -> None:
    for words in ("", "demo", "report open", "stack up", "replicate deploy", "instrument add"):
        shown = CliRunner().invoke(app, [*words.split(), "--help"], env={"COLUMNS": "200"}).stdout
        assert "--help" in shown
        assert "bool" not in shown, words
