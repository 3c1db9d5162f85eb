"""`ticklake-bridge service`: start a bridge with its machine."""

from __future__ import annotations

import subprocess
import sys
from enum import StrEnum
from shutil import which
from typing import Annotated

import typer
from rich.console import Console

from mt5_bridge.commands.configured import Config
from mt5_bridge.commands.telling import told
from mt5_bridge.errors import SetupError
from mt5_bridge.files import replace_file
from mt5_bridge.people.autostart import Autostart, Kind, Plan

USUAL = Kind.TASK if sys.platform == "win32" else Kind.SYSTEMD


class Act(StrEnum):
    INSTALL = "install"
    REMOVE = "remove"
    STATUS = "status"


def service(
    act: Annotated[Act, typer.Argument(help="what to do")],
    config: Config,
    kind: Annotated[
        Kind, typer.Option(help="what starts it: a task sees the desktop, a service does not")
    ] = USUAL,
    name: Annotated[
        str, typer.Option(help="name of the entry: small letters, digits, -")
    ] = "ticklake-bridge",
    live: Annotated[
        bool,
        typer.Option("--live", help="allow real money; the configuration says mode live and is confirmed"),
    ] = False,
    show: Annotated[bool, typer.Option("--show", help="say what would be done, and do nothing")] = False,
) -> None:
    """Start the bridge with this machine: a task of Windows, a Windows service or a systemd unit of yours."""
    with told(Console(stderr=True)):
        entry = Autostart(kind, name, config.absolute(), live)
        if act is Act.STATUS:
            plan = Plan(None, b"", (entry.state(),))
        else:
            plan = entry.install() if act is Act.INSTALL else entry.remove()
        if show:
            _tell(plan)
        else:
            _carry_out(plan)


def _tell(plan: Plan) -> None:
    if plan.file is not None:
        text = plan.content.decode("utf-16" if plan.file.suffix == ".xml" else "utf-8")
        typer.echo(f"writes {plan.file}:\n{text}")
    for command in plan.commands:
        typer.echo("runs " + subprocess.list2cmdline(command))


def _carry_out(plan: Plan) -> None:
    absent = next((command[0] for command in plan.commands if which(command[0]) is None), None)
    if absent is not None:
        raise SetupError(f"Expected the program {absent} of this system, was absent: choose another --kind")
    if plan.file is not None:
        replace_file(plan.file, plan.content)
    for command in plan.commands:
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - our own list
        typer.echo((done.stdout + done.stderr).strip())
        if done.returncode:
            raise SetupError(
                f"{subprocess.list2cmdline(command)}: Expected success, was exit code {done.returncode}"
            )
