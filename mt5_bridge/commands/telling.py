"""How the commands speak: an error is one line, a result one table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from mt5_bridge.errors import BridgeError, EndpointError, JournalError, SetupError, TerminalError
from mt5_bridge.people.notices import notify


@contextmanager
def told(console: Console) -> Iterator[None]:
    """Say an error of our own, of the disk or of the installation in a line, and leave with code 1; Ctrl-C with 130."""
    code, failed = 1, None
    try:
        yield
    except KeyboardInterrupt:
        problem, code = (
            "interrupted; the same command goes on with what is missing",
            130,
        )
    except (BridgeError, OSError) as error:
        problem, failed = str(error), error
    except ModuleNotFoundError as error:
        if error.name != "websockets":
            raise
        problem = (
            "this command needs the libraries of the extra `bridge`, was without websockets: "
            "pip install 'ticklake[bridge]'"
        )
    else:
        return
    console.print(f"error: {problem}", style="red", markup=False, highlight=False, soft_wrap=True)
    if isinstance(failed, EndpointError | JournalError | TerminalError):  # what no person typed wrong
        untold = notify("ticklake-bridge stopped", problem)
        if untold:
            console.print(f"error: {untold}", style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(code)


def read_token(path: Path) -> str:
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        token = ""
    if not token.isprintable() or len(token.split()) != 1:  # never shown: it may be half a token
        raise SetupError(
            f"--token-file {path}: Expected a file that can be read and holds the endpoint's token"
        )
    return token


def table_of(values: dict[str, Any]) -> Table:
    table = Table(show_header=False)
    for name, value in values.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {count}" for key, count in value.items())
        table.add_row(name.replace("_", " "), f"{value:,.3f}" if isinstance(value, float) else str(value))
    return table
