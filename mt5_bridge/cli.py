"""`ticklake-bridge`: trade the live endpoint's signals on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from mt5_bridge import replay as replays
from mt5_bridge.bridge import Mode
from mt5_bridge.client import EndpointClient
from mt5_bridge.errors import BridgeError
from mt5_bridge.summary import Summary

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
_PROGRESS_SECONDS = 0.1


@app.callback()
def main() -> None:
    """Trade the live endpoint's signals on a terminal."""


@app.command()
def replay(
    csv: Annotated[Path, typer.Option(help="canonical raw CSV of the day", exists=True, dir_okay=False)],
    symbol: Annotated[str, typer.Option(help="instrument, like EURUSD")],
    trading_day: Annotated[datetime, typer.Option(help="UTC day", formats=["%Y-%m-%d"])],
    token_file: Annotated[Path, typer.Option(help="the endpoint's token", exists=True, dir_okay=False)],
    journal: Annotated[
        Path, typer.Option(help="folder of the journal; a rerun repeats no intent", file_okay=False)
    ],
    endpoint: Annotated[str, typer.Option(help="URL of the live endpoint")] = "http://127.0.0.1:8750",
    json_file: Annotated[Path | None, typer.Option("--json", help="write the summary there")] = None,
    mode: Annotated[Mode, typer.Option(help="what trades; only paper in this version")] = Mode.PAPER,
    trade_shadow: Annotated[
        bool,
        typer.Option(
            "--trade-shadow", help="trade signals of models that did not pass; on paper, to measure"
        ),
    ] = False,
) -> None:
    """Stream a recorded day through the endpoint tick by tick and trade it on paper."""
    errors = Console(stderr=True)
    day: date = trading_day.date()
    plan = replays.Replay(csv, symbol, day, journal, mode, trade_shadow)
    try:
        client = EndpointClient(endpoint, token_file.read_text().strip())
        with _progress(errors, f"{symbol} {day}") as advance:
            summary = replays.run_replay(plan, client, advance)
    except BridgeError as error:
        errors.print(f"error: {error}", style="red", markup=False, highlight=False)
        raise typer.Exit(1) from error
    if json_file is not None:
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_text(summary.model_dump_json(indent=2) + "\n")
    Console().print(_table(summary))


@contextmanager
def _progress(console: Console, title: str) -> Iterator[replays.Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(title, total=None)
        shown = monotonic()

        def advance(done: int, total: int) -> None:
            nonlocal shown
            now = monotonic()
            if done == total or now - shown > _PROGRESS_SECONDS:
                shown = now
                bar.update(task, completed=done, total=total)

        yield advance


def _table(summary: Summary) -> Table:
    table = Table(show_header=False)
    for name, value in summary.model_dump().items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {count}" for key, count in value.items())
        table.add_row(name.replace("_", " "), f"{value:,.3f}" if isinstance(value, float) else str(value))
    return table


if __name__ == "__main__":
    app()
