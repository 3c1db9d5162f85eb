"""Ctrl-C while a command runs assets in its own process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from ticklake_assets.files import replace_file

COMMAND = """
import time, typer
from datetime import date
import dagster as dg
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.partitions import SYMBOL_DAY
from ticklake_assets.instance.home import open_instance
from ticklake_assets.settings import Settings
from ticklake_assets.terminal import command_of
from ticklake_assets.instance.ranges import materialize_range

@dg.asset(partitions_def=SYMBOL_DAY, group_name="long")
def long() -> None:
    print("the last line", flush=True)
    time.sleep(60)

app = typer.Typer()

@command_of(app)
def run() -> None:
    definitions = dg.Definitions([long], executor=dg.in_process_executor)
    day = SymbolDay("EURUSD", date(2024, 1, 30))
    with open_instance(Settings()) as instance:
        materialize_range(definitions, dg.AssetSelection.groups("long"), [day], instance)

app()
"""


def test_ctrl_c_is_one_line(tmp_path: Path) -> None:
    """A terminal sends it to all processes of a command, also to those that show what an asset prints."""
    replace_file(tmp_path / "command.py", COMMAND.encode())
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "command.py")],
        env={**os.environ, "TICKLAKE_HOME": str(tmp_path / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    ) as command:
        assert command.stdout
        assert command.stdout.readline() == "the last line\n"
        time.sleep(0.5)  # until the younger of them is a Python program that would answer the signal
        shown_by = psutil.Process(command.pid).children(recursive=True)
        assert len(shown_by) == 4
        os.killpg(command.pid, signal.SIGINT)
        assert command.communicate(timeout=30) == ("", "ticklake: interrupted\n")
    assert command.returncode == 130
    assert not [process for process in shown_by if process.is_running()]
