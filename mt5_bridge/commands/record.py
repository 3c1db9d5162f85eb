"""`ticklake-bridge record`."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mt5_bridge.commands.telling import told
from mt5_bridge.commands.ticks import BrokerSymbol, Zone
from mt5_bridge.errors import SetupError
from mt5_bridge.files import replace_file
from mt5_bridge.terminal.package import load_mt5, running_terminal
from mt5_bridge.ticks.broker_clock import MOST_BROKERS, BrokerClock
from mt5_bridge.ticks.recording import RecordedDay, Recorder, Recording

_PATIENCE_SECONDS = 2.0
"""Before a terminal that did not give a day whole is asked for half of it: it loads its history meanwhile."""


def record(
    symbol: Annotated[
        str, typer.Argument(metavar="SYMBOL", help="instrument, like EURUSD: files are named after it")
    ],
    first: Annotated[
        datetime, typer.Option("--from", help="first UTC day", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")
    ],
    out: Annotated[Path, typer.Option(help="folder of the files; none in it is replaced", file_okay=False)],
    last: Annotated[
        datetime | None,
        typer.Option(
            "--to",
            help="last UTC day, over",
            formats=["%Y-%m-%d"],
            metavar="YYYY-MM-DD",
            show_default="yesterday",
        ),
    ] = None,
    broker_symbol: BrokerSymbol = None,
    zone: Zone = MOST_BROKERS,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="write what each day came to there", dir_okay=False)
    ] = None,
) -> None:
    """Store a terminal's ticks (Windows) as raw CSVs, one a UTC day: a source for `ticklake land --ticks DIR`.

    Days that are there stay as they are, so that the same command goes on where it was broken off. Silences of
    30 minutes or more are named, and so are days without a tick. Ends with 1 where a day failed.
    """
    errors = Console(stderr=True)
    with told(errors):
        now = datetime.now(UTC)
        days = _days(first.date(), last.date() if last else now.date() - timedelta(days=1))
        clock, mt5 = BrokerClock.parse(zone), load_mt5()
        recorder = Recorder(
            mt5, broker_symbol or symbol, symbol, clock, out, lambda: sleep(_PATIENCE_SECONDS)
        )
        with running_terminal(mt5):
            recording = recorder.record(days, now, _tell)
        if json_file is not None:
            replace_file(json_file, recording.model_dump_json(indent=2).encode() + b"\n")
        Console().print(_summary(recording))
        failed = recording.of("failed")
        if failed:
            raise SetupError(
                f"{len(failed)} of {len(recording.days)} days failed, the first {failed[0].day}: "
                f"{failed[0].error}; the same command asks for them again"
            )


def _days(first: date, last: date) -> list[date]:
    if last < first:
        raise SetupError(f"Expected --to at or after --from, was {first} to {last}")
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def _tell(day: RecordedDay) -> None:
    silences = ", ".join(f"{each.first:%H:%M} to {each.last:%H:%M}" for each in day.silences)
    more = day.error or (f"silent {silences}" if silences else "")
    typer.echo(f"{day.day} {day.state} {day.ticks:,} {more}".rstrip())


def _summary(recording: Recording) -> Table:
    table = Table(show_header=False)
    for state in ("written", "there", "no ticks", "failed"):
        table.add_row(f"days {state}", str(len(recording.of(state))))
    table.add_row("ticks", f"{sum(day.ticks for day in recording.days):,}")
    table.add_row("silences", str(sum(len(day.silences) for day in recording.days)))
    return table
