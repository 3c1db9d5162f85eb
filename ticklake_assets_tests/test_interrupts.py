"""Interrupts of a command as its user sees them: another process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

LOGGED = """
import logging, typer
from ticklake_assets.terminal import command_of
app = typer.Typer()

@command_of(app)
def run() -> None:
    for raised in (ValueError("told"), KeyboardInterrupt()):
        try:
            raise raised
        except BaseException:  # as SQLAlchemy does where it closes a connection
            logging.getLogger("library").exception("Exception closing connection")
    raise KeyboardInterrupt

app()
"""


COLLECTED = """
import os, signal, time, typer, weakref
signal.signal(signal.SIGINT, signal.default_int_handler)  # tests may run where a shell has it ignored
from ticklake_assets.terminal import command_of
app = typer.Typer()

class Connection:
    pass

@command_of(app)
def run() -> None:
    connection = Connection()
    known = weakref.ref(connection, lambda _: signal.raise_signal(signal.SIGINT))
    del connection
    time.sleep(20)
    print("went on")

app()
"""


def test_an_interrupt_in_a_callback_of_the_collector_ends_the_command(tmp_path: Path) -> None:
    """Python forgets what is raised there: the command would go on, with a traceback on the terminal."""
    ended = run(COLLECTED, tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "ticklake: interrupted\n")


def test_what_libraries_log_of_an_interrupt_is_not_shown(tmp_path: Path) -> None:
    ended = run(LOGGED, tmp_path)
    assert ended.returncode == 130
    assert ended.stderr.count("Traceback") == 1
    assert ended.stderr.endswith("ValueError: told\nticklake: interrupted\n")


def run(code: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TICKLAKE_HOME": str(home)}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
