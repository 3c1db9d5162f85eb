"""`ticklake`: thin commands, each calls what an asset or a service calls."""

from __future__ import annotations

import re
import signal
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table

from stack.cli import app as stack
from ticklake_assets.core.errors import SetupError
from ticklake_assets.environment import environment_file, take_environment
from ticklake_assets.settings import Settings
from ticklake_assets.terminal import command_of, console

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="A tick-data lakehouse and trading-model factory: from the vendor's file to the order ticket.",
)
app.add_typer(stack)
command = command_of(app)

FirstDay = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="first UTC day, like 2024-01-15")]
LastDay = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="last UTC day; it is included")]
Symbol = Annotated[str, typer.Argument(help="a symbol that `ticklake instruments` lists")]


@command
def demo(
    ticks: Annotated[
        Path | None, typer.Option(help="a folder of real ticks instead of the synthetic market")
    ] = None,
    symbol: Annotated[str | None, typer.Option(help="the symbol of --ticks, like GBPJPY")] = None,
) -> None:
    """Run the whole chain once: ticks to a deployed or rejected model, and a day replayed through the endpoint."""
    from ticklake_assets.demo.run import run_demo

    run_demo(Settings(), ticks, symbol, console)


@command
def dev(port: Annotated[int, typer.Option(help="port of the Dagster UI", min=1, max=65535)] = 3000) -> None:
    """Open the Dagster UI and run Dagster's daemon (sensor, schedules, backfills), until Ctrl-C."""
    from ticklake_assets.resources.dagster_home import daemon, open_instance, webserver

    settings = Settings()
    home = settings.dagster_home
    with open_instance(settings) as instance, webserver(home, port) as address, daemon(instance, home):
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
    from serving.endpoint.server import serve
    from ticklake_assets.resources.processes import is_listening

    if is_listening(port):
        raise SetupError(f"Expected port {port} to be free for the endpoint, was taken: pass another --port")
    console.print(f"endpoint: http://127.0.0.1:{port}   (Ctrl-C stops it)")
    serve(Settings(), "127.0.0.1", port)


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
    """List every TICKLAKE_ variable with its value now, where that comes from, and its meaning."""
    table = Table("variable", "value", "from", "meaning")
    current, offered = Settings(), take_environment()
    for name, field in Settings.model_fields.items():
        variable = f"TICKLAKE_{name.upper()}"
        given = "environment" if name in current.model_fields_set else "default"
        origin = environment_file(current.home).name if variable in offered else given
        value = re.sub(r"(?<=:)[^:/@]+(?=@)", "***", str(getattr(current, name)))  # no password on a screen
        table.add_row(variable, value, origin, field.description)
    console.print(table)
