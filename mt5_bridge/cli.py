"""`ticklake-bridge`: trade the live endpoint's signals on a terminal, and fetch a broker's ticks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from mt5_bridge.bridge import Mode
from mt5_bridge.broker_clock import MOST_BROKERS, BrokerClock
from mt5_bridge.day_file import day_path, publish_day, render_day
from mt5_bridge.errors import BridgeError, EndpointError, JournalError, SetupError, TerminalError
from mt5_bridge.mt5_terminal import load_mt5, running_terminal
from mt5_bridge.mt5_ticks import DayTicks, fetch_day
from mt5_bridge.notices import notify
from mt5_bridge.plain_flags import Command, Group

app = typer.Typer(cls=Group, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
_PROGRESS_SECONDS = 0.1


@app.callback()
def main() -> None:
    """Trade the live endpoint's signals on a terminal, and fetch a broker's ticks."""
    os.umask(0o077)  # journals and ticks are their owner's alone


@app.command(cls=Command)
def replay(
    csv: Annotated[Path, typer.Option(help="canonical raw CSV of the day", exists=True, dir_okay=False)],
    symbol: Annotated[str, typer.Option(help="instrument, like EURUSD")],
    trading_day: Annotated[
        datetime, typer.Option(help="UTC day", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")
    ],
    token_file: Annotated[Path, typer.Option(help="the endpoint's token", exists=True, dir_okay=False)],
    journal: Annotated[
        Path, typer.Option(help="folder of the journals; a rerun repeats no intent", file_okay=False)
    ],
    endpoint: Annotated[str, typer.Option(help="URL of the live endpoint")] = "http://127.0.0.1:8750",
    json_file: Annotated[
        Path | None, typer.Option("--json", help="write the summary there", dir_okay=False, writable=True)
    ] = None,
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
    with _told(errors):
        # Here, as their websockets come with the extra `bridge` alone, and `ticks` does without.
        from mt5_bridge.client import EndpointClient
        from mt5_bridge.replay import Replay, run_replay

        plan = Replay(csv, symbol, day, journal, mode, trade_shadow)
        if json_file is not None:
            _assert_writable(json_file)  # now, not after the whole day
        client = EndpointClient(endpoint, _token(token_file))
        with _progress(errors, f"{symbol} {day}") as advance:
            summary = run_replay(plan, client, advance)
        Console().print(_table(summary.model_dump()))
        if json_file is not None:
            text = summary.model_dump_json(indent=2) + "\n"
            json_file.write_bytes(text.encode())  # the same bytes on Windows


@app.command(cls=Command)
def ticks(
    symbol: Annotated[str, typer.Option(help="instrument, like EURUSD: the file is named after it")],
    trading_day: Annotated[
        datetime, typer.Option(help="UTC day, over", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")
    ],
    out: Annotated[Path, typer.Option(help="folder of the CSV; no file in it is replaced", file_okay=False)],
    broker_symbol: Annotated[
        str | None, typer.Option(help="the broker's name of it, like EURUSD.m", show_default="SYMBOL")
    ] = None,
    zone: Annotated[
        str, typer.Option(help="clock of the broker's server: a zone, one plus hours, or utc")
    ] = MOST_BROKERS,
) -> None:
    """Fetch a day's ticks from a running MetaTrader 5 terminal (Windows) as a canonical raw CSV.

    They are the broker's quotes, without sizes, for `replay` and for `ticklake land --ticks`.
    """
    day: date = trading_day.date()
    with _told(Console(stderr=True)):
        path = day_path(out, symbol, day)
        clock = BrokerClock.parse(zone)
        mt5 = load_mt5()
        with running_terminal(mt5):
            fetched = fetch_day(mt5, broker_symbol or symbol, day, clock, datetime.now(UTC))
        is_new = publish_day(path, render_day(fetched.ticks, fetched.digits))
    typer.echo(f"{path}: {'written' if is_new else 'was there with the same bytes'}")
    Console().print(_table(_facts(fetched, clock, zone)))


@contextmanager
def _told(console: Console) -> Iterator[None]:
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


def _token(path: Path) -> str:
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        token = ""
    if not token.isprintable() or len(token.split()) != 1:  # never shown: it may be half a token
        raise SetupError(
            f"--token-file {path}: Expected a file that can be read and holds the endpoint's token"
        )
    return token


def _assert_writable(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise SetupError(f"--json {path}: {error.strerror}. Expected a place that can be written") from error


@contextmanager
def _progress(console: Console, title: str) -> Iterator[Callable[[int, int], None]]:
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


def _facts(day: DayTicks, clock: BrokerClock, zone: str) -> dict[str, Any]:
    first, last = day.moment(0), day.moment(-1)
    offsets = dict.fromkeys(str(clock.offset(moment)) for moment in (first, last))
    return {
        "ticks": len(day.ticks),
        "first": first,
        "last": last,
        "with an unchanged side, taken from before": day.carried,
        "without a bid or an ask, which stays empty": day.incomplete,
        "in an hour that the clock repeats or skips": day.unsettled,
        "around the day, left out": day.left_out,
        "broker clock": f"{zone}, {' to '.join(offsets)}",
        "newest quote (now, if market and clock are right)": day.newest_quote or "unknown",
    }


def _table(values: dict[str, Any]) -> Table:
    table = Table(show_header=False)
    for name, value in values.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {count}" for key, count in value.items())
        table.add_row(name.replace("_", " "), f"{value:,.3f}" if isinstance(value, float) else str(value))
    return table


if __name__ == "__main__":
    app()
