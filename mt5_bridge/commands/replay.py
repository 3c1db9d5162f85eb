"""`ticklake-bridge replay`."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated

import typer
from rich.console import Console

from mt5_bridge.attribution.documents import TestedDay
from mt5_bridge.commands.progress import progress
from mt5_bridge.commands.telling import read_token, table_of, told
from mt5_bridge.commands.tested import read_tested
from mt5_bridge.errors import SetupError
from mt5_bridge.replay.desk import Simulation
from mt5_bridge.simulated.broker import SimulatedBroker
from mt5_bridge.ticks.csv_feed import read_day
from mt5_bridge.trading.modes import Mode


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
    mode: Annotated[
        Mode, typer.Option(help="paper, or demo: an account at the simulated broker of --broker")
    ] = Mode.PAPER,
    broker: Annotated[
        Path | None,
        typer.Option(help="the simulated broker of mode demo, TOML", exists=True, dir_okay=False),
    ] = None,
    market: Annotated[
        Path | None,
        typer.Option(
            help="raw CSV of what that broker quotes", show_default="--csv", exists=True, dir_okay=False
        ),
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(
            help="the tested day, by `ticklake tested --json`: explained", exists=True, dir_okay=False
        ),
    ] = None,
    trade_shadow: Annotated[
        bool,
        typer.Option(
            "--trade-shadow", help="trade signals of models that did not pass; on paper, to measure"
        ),
    ] = False,
) -> None:
    """Stream a recorded day through the endpoint tick by tick, and trade it on paper or at a simulated broker."""
    errors = Console(stderr=True)
    day: date = trading_day.date()
    with told(errors):
        # Here, as their websockets come with the extra `bridge` alone, and `ticks` does without.
        from mt5_bridge.replay.replay import Replay, run_replay
        from mt5_bridge.wire.client import EndpointClient

        simulation = _simulation(mode, broker, market or csv, day)
        tested = None if compare is None else _tested(compare, symbol, day)
        plan = Replay(csv, symbol, day, journal, simulation, tested, trade_shadow)
        if json_file is not None:
            _assert_writable(json_file)  # now, not after the whole day
        client = EndpointClient(endpoint, read_token(token_file))
        with progress(errors, f"{symbol} {day}") as advance:
            summary = run_replay(plan, client, advance)
        Console().print(table_of(summary.model_dump(exclude={"attribution"})))
        if json_file is not None:
            text = summary.model_dump_json(indent=2) + "\n"
            json_file.write_bytes(text.encode())  # the same bytes on Windows


def _simulation(mode: Mode, broker: Path | None, market: Path, day: date) -> Simulation | None:
    if (mode is Mode.DEMO) != (broker is not None):
        raise SetupError(f"Expected --broker with mode demo alone, was mode {mode}")
    if broker is None and mode is not Mode.PAPER:
        raise SetupError(f"A replayed day is traded in mode paper or demo, was {mode}")
    return None if broker is None else Simulation(SimulatedBroker.read(broker), read_day(market, day))


def _tested(path: Path, symbol: str, day: date) -> TestedDay:
    found = [each for each in read_tested(path, symbol) if each.trading_day == day]
    if not found:
        raise SetupError(f"{path}: Expected the tested day {day} of {symbol}, was without it")
    return found[0]


def _assert_writable(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise SetupError(f"--json {path}: {error.strerror}. Expected a place that can be written") from error
