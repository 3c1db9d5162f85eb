"""`ticklake`: thin commands, each calls what an asset or a service calls."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Column, Table

from ticklake_assets.core.errors import SetupError, TicklakeError
from ticklake_assets.settings import Settings
from ticklake_assets.telemetry import turn_off_telemetry

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="A tick-data lakehouse and trading-model factory: from the vendor's file to the order ticket.",
)
console = Console()
errors = Console(stderr=True)

FirstDay = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="first UTC day, like 2024-01-15")]
LastDay = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="last UTC day; it is included")]
Symbol = Annotated[str, typer.Argument(help="a symbol that `ticklake instruments` lists")]


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Register a command whose expected errors are one clear line and exit code 1."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> None:
        turn_off_telemetry()
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is stopped
        try:
            function(*args, **kwargs)
        except TicklakeError as error:
            _fail(str(error))
        except ValidationError as error:
            first = error.errors()[0]
            variable = "_".join(["TICKLAKE", *map(str, first["loc"])]).upper()
            _fail(f"{variable}: {first['msg']}, was {first['input']!r}")
        except OSError as error:  # the disk refuses: no room, no right, no such place
            _fail(Settings().refusal(error))
        except KeyboardInterrupt:
            _fail("interrupted", code=130)

    app.command()(run)
    return run


def _fail(message: str, code: int = 1) -> NoReturn:
    errors.print(f"ticklake: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(code)


@command
def demo(
    ticks: Annotated[
        Path | None, typer.Option(help="a folder of real ticks instead of the synthetic market")
    ] = None,
    symbol: Annotated[str | None, typer.Option(help="the symbol of --ticks, like GBPJPY")] = None,
    hands_off: Annotated[
        bool,
        typer.Option(
            "--hands-off",
            help="only drop files into landing: the running replicator, sensor and daemon bring them to gold, and "
            "the running endpoint serves",
        ),
    ] = False,
) -> None:
    """Run the whole chain once: ticks to a deployed or rejected model, and a day replayed through the endpoint."""
    from ticklake_assets.demo.run import run_demo

    run_demo(Settings(), ticks, symbol, console, hands_off=hands_off)


@command
def dev(port: Annotated[int, typer.Option(help="port of the Dagster UI", min=1, max=65535)] = 3000) -> None:
    """Open the Dagster UI and run Dagster's daemon (sensor, schedules, backfills), until Ctrl-C."""
    from ticklake_assets.resources.dagster_home import daemon, open_instance, webserver

    home = Settings().dagster_home
    with open_instance(home) as instance, webserver(home, port) as address, daemon(instance, home):
        console.print(f"Dagster UI: {address}   (daemon running, logs in {home}; Ctrl-C stops both)")
        try:
            signal.pause()
        except KeyboardInterrupt:
            console.print("stopping")


@command
def backfill(
    symbol: Symbol,
    first: FirstDay,
    last: LastDay,
    wait: Annotated[
        bool, typer.Option(help="wait for the runs and show them, or leave them to `ticklake dev`")
    ] = True,
) -> None:
    """Bring days of a symbol from the source to gold, as a Dagster backfill of up to 31 days a run."""
    from ticklake_assets.demo.backfill import backfill_days

    if not backfill_days(Settings(), symbol, first.date(), last.date(), console, wait=wait):
        raise typer.Exit(1)


@command
def land(
    symbol: Symbol,
    first: FirstDay,
    last: LastDay,
    ticks: Annotated[
        Path | None, typer.Option(help="take the days from this folder instead of the configured source")
    ] = None,
) -> None:
    """Fetch days of a symbol from the source into the landing folder, one CSV a day."""
    from ticklake_assets.demo.landing import land_days

    if not land_days(Settings(), symbol, first.date(), last.date(), console, ticks):
        raise typer.Exit(1)


@command
def replicate() -> None:
    """Copy what lies in landing into the object store, where the raw sensor finds it; overwrite nothing."""
    from ticklake_assets.demo.landing import replicate_landing

    if not replicate_landing(Settings(), console):
        raise typer.Exit(1)


@command
def endpoint(port: Annotated[int, typer.Option(help="port on 127.0.0.1", min=1, max=65535)] = 8750) -> None:
    """Serve the live endpoint on 127.0.0.1 until Ctrl-C; `deploy/endpoint` and the bridge talk to it."""
    from serving.endpoint.server import make_server
    from ticklake_assets.resources.processes import is_listening

    if is_listening(port):
        raise SetupError(f"Expected port {port} to be free for the endpoint, was taken: pass another --port")
    server = make_server(Settings(), "127.0.0.1", port)
    console.print(f"endpoint: http://127.0.0.1:{port}   (Ctrl-C stops it)")
    server.run()


@command
def instruments() -> None:
    """List the known symbols with their price digits, costs and windows."""
    from ticklake_assets.core.instruments import INSTRUMENTS

    table = Table("symbol", "digits", "pip", "calendar", "slippage, pips", "train/validate/test, days")
    for item in INSTRUMENTS.values():
        days = f"{item.windows.train_days}/{item.windows.validate_days}/{item.windows.test_days}"
        table.add_row(
            item.symbol, str(item.digits), f"{item.pip:g}", item.calendar, f"{item.slippage_pips:g}", days
        )
    console.print(table)


@command
def dialects() -> None:
    """List the CSV dialects that the folder source recognises by their header."""
    from ticklake_assets.sources.csv_dialects import DIALECTS

    table = Table("dialect", Column("header", overflow="fold"), "zone")
    for dialect in DIALECTS:
        ahead = f" + {dialect.ahead_hours} h" if dialect.ahead_hours else ""
        table.add_row(
            dialect.name, dialect.header.replace("\t", " "), f"{dialect.zone}{ahead}" or "in each time"
        )
    console.print(table)


@command
def settings() -> None:
    """List every TICKLAKE_ variable with its value now and its meaning."""
    table = Table("variable", "value", "meaning")
    current = Settings()
    for name, field in Settings.model_fields.items():
        table.add_row(f"TICKLAKE_{name.upper()}", str(getattr(current, name)), field.description)
    console.print(table)
