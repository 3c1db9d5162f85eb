"""`ticklake-bridge risk`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from mt5_bridge.commands.telling import told
from mt5_bridge.errors import SetupError
from mt5_bridge.files import create_file
from mt5_bridge.risk.kill_file import kill_reason
from mt5_bridge.risk.limits import Limits
from mt5_bridge.risk.limits_file import default_file, read_limits
from mt5_bridge.risk.recorded import recorded_facts
from mt5_bridge.risk.state import RiskState
from mt5_bridge.risk.used import Usage, usage
from mt5_bridge.trading.journal import JOURNAL_FILE

LIMITS_FILE = "limits.toml"


def risk(
    home: Annotated[
        Path, typer.Option(help="the bridge's folder: its limits and journal", file_okay=False)
    ] = Path(),
    limits: Annotated[
        Path | None,
        typer.Option(help="file of limits, TOML", dir_okay=False, show_default="limits.toml in --home"),
    ] = None,
    init: Annotated[
        bool, typer.Option("--init", help="write such a file with every default explained; replaces none")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
) -> None:
    """Check limits of risk, and show how much of each is used, by the journal. Percent, pips, lots, minutes."""
    with told(Console(stderr=True)):
        path = limits or home / LIMITS_FILE
        if init:
            _write(path)
            return
        is_default = limits is None and not path.exists()
        held = Limits() if is_default else read_limits(path)
        state, now_us = RiskState.of(recorded_facts(home / JOURNAL_FILE)), _now_us()
        notes = list(_notes(held, state, home, "the defaults" if is_default else str(path)))
        rows = list(usage(held, state, now_us))
        if as_json:
            body = {"digest": held.digest, "notes": notes, "limits": {row.name: _row(row) for row in rows}}
            typer.echo(json.dumps(body, indent=2))
            return
        Console().print(_table(rows))
        for note in notes:
            typer.echo(note)


def _write(path: Path) -> None:
    try:
        create_file(path, default_file().encode())
    except FileExistsError:
        raise SetupError(f"{path} is there. Expected a new file: it is not replaced") from None
    typer.echo(f"{path}: written")


def _notes(limits: Limits, state: RiskState, home: Path, source: str) -> list[str]:
    notes = [f"limits {limits.digest[:12]} of {source}"]
    if state.limits and state.limits != limits.digest:
        notes.append(
            f"the bridge runs by other limits, {state.limits[:12]}; these hold from its next start on"
        )
    if reason := kill_reason(home) or state.killed:
        notes.append(f"the kill switch is on: {reason}")
    moments = [window.last_moment for window in limits.windows]
    last = max((each for each in moments if each), default=None)
    if last and None not in moments and last < datetime.now(UTC):
        notes.append(f"the calendar is over: its last window ended {last:%Y-%m-%d %H:%M} UTC")
    return notes


def _row(row: Usage) -> dict[str, str]:
    return {"at_most": row.at_most, "used": row.used, "reason": row.reason}


def _table(rows: list[Usage]) -> Table:
    table = Table(
        "limit", Column("at most", justify="right"), Column("used", justify="right"), "refuses as", "meaning"
    )
    for row in rows:
        table.add_row(row.name, row.at_most, row.used, row.reason, row.meaning)
    return table


def _now_us() -> int:
    return int(datetime.now(UTC).timestamp() * 1_000_000)
