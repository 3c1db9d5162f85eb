"""`ticklake`: thin commands, each calls what an asset or a service calls."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table

from stack.cli import app as stack
from stack.nifi.cli import app as flow
from ticklake_assets.commands.dataset import app as dataset
from ticklake_assets.commands.dialect import app as dialect
from ticklake_assets.commands.instrument import app as instrument
from ticklake_assets.commands.model import app as model
from ticklake_assets.commands.replicate import app as replicate
from ticklake_assets.core.errors import SetupError
from ticklake_assets.credentials import hidden
from ticklake_assets.environment import environment_file, take_environment
from ticklake_assets.settings import Settings
from ticklake_assets.terminal import command_of, console

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="A tick-data lakehouse and trading-model factory: from the vendor's file to the order ticket.",
)
app.add_typer(stack)
app.add_typer(model, name="model")
app.add_typer(dataset, name="dataset")
app.add_typer(dialect, name="dialect")
app.add_typer(instrument, name="instrument")
replicate.add_typer(flow)  # its commands stand beside `status`
app.add_typer(replicate)
command = command_of(app)

FirstDay = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="first UTC day, like 2024-01-15")]
LastDay = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="last UTC day; it is included")]
_LOOK_S = 2.0
"""Between looks of `dev` at its daemon."""
_A_WEDNESDAY = datetime(2024, 1, 17)  # noqa: DTZ001 - a day, as typer reads one
Symbol = Annotated[str, typer.Argument(help="a symbol that `ticklake instruments` lists")]


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
    from ticklake_assets.instance.home import daemon, open_instance, webserver

    settings = Settings()
    home = settings.dagster_home
    with (
        open_instance(settings) as instance,
        webserver(home, port) as address,
        daemon(instance, home) as used,
    ):
        whose = "its daemon is running" if used.is_ours else "another command's daemon is running"
        console.print(f"Dagster UI: {address}   ({whose}, logs in {home}; Ctrl-C stops what was started)")
        try:
            while True:
                time.sleep(_LOOK_S)
                if used.revive():
                    console.print("The daemon had ended; another was started.", style="yellow")
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
    """Bring days of a symbol from the source to gold: a Dagster backfill of up to 31 days a run; Ctrl-C cancels it."""
    from ticklake_assets.commands.backfill import backfill_days

    if not backfill_days(Settings(), symbol, first.date(), last.date(), console, wait=wait):
        raise typer.Exit(1)


@command
def retry(
    symbol: Annotated[
        str | None, typer.Argument(help="symbol of the failed days", show_default=False)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="of every symbol")] = False,
) -> None:
    """Let the raw sensor try failed and refused days again at its next look, in place of waiting."""
    from ticklake_assets.commands.retry import retry_days

    retry_days(Settings(), symbol, console, every=every)


@command
def walk_forward(
    symbol: Symbol,
    first: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="no as-of day of the chain lies before")
    ],
    last: Annotated[
        datetime,
        typer.Option("--to", formats=["%Y-%m-%d"], help="as-of day of the last fold, the one to deploy"),
    ],
    every: Annotated[str, typer.Option(help="days from fold to fold, like 7d: so many are tested by each")],
    train: Annotated[str | None, typer.Option(help="days to train on, like 60d; else the symbol's")] = None,
    validate: Annotated[str | None, typer.Option(help="days to validate on; else the symbol's")] = None,
    anchored: Annotated[
        bool, typer.Option("--anchored", help="train from the first fold's start on, instead of rolling")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="make folds anew that are tested already")] = False,
) -> None:
    """Train, validate and test a chain of folds as Dagster backfills, then judge it: gates, HTML report, JSON.

    Ctrl-C cancels the backfill and waits until its runs have ended; the same command goes on with what is missing.
    """
    from ticklake_assets.commands.walk_forward import walk_forward as walk_on
    from ticklake_assets.commands.walk_plan import parse_days, plan_walk

    trained = parse_days(train, "--train") if train else None
    validated = parse_days(validate, "--validate") if validate else None
    stride = parse_days(every, "--every")
    walk = plan_walk(symbol, first.date(), last.date(), stride, trained, validated, anchored=anchored)
    if not walk_on(Settings(), symbol, walk, console, again=again):
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
    from ticklake_assets.commands.landing import land_days

    if not land_days(Settings(), symbol, first.date(), last.date(), console, ticks):
        raise typer.Exit(1)


@command
def endpoint(port: Annotated[int, typer.Option(help="port on 127.0.0.1", min=1, max=65535)] = 8750) -> None:
    """Serve the live endpoint on 127.0.0.1 until Ctrl-C; `deploy/endpoint` and the bridge talk to it."""
    from serving.endpoint.server import make_server
    from ticklake_assets.instance.processes import is_listening

    if is_listening(port):
        raise SetupError(f"Expected port {port} to be free for the endpoint, was taken: pass another --port")
    server = make_server(Settings(), "127.0.0.1", port)
    console.print(f"endpoint: http://127.0.0.1:{port}   (Ctrl-C stops it)")
    server.run()


@command
def sql(
    statement: Annotated[
        str | None, typer.Argument(help="SQL over gold.bars, gold.features, gold.labels")
    ] = None,
    file: Annotated[
        str | None, typer.Option(help="a query that --list shows, or the path of an SQL file")
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(help="name=value of a :name in the SQL, bound as text; may be repeated"),
    ] = None,
    format: Annotated[  # noqa: A002 the option is called so
        str | None,
        typer.Option(
            help="table, csv, json, parquet or arrow; without it a terminal gets a table, a pipe csv"
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="FILE.parquet or FILE.arrow; arrow may be a pipe")] = None,
    limit: Annotated[int | None, typer.Option(help="rows at most; a table has 100 without it", min=0)] = None,
    list_: Annotated[bool, typer.Option("--list", help="show the library of research queries")] = False,
) -> None:
    """Ask gold by SQL, in DuckDB or Trino as TICKLAKE_SQL_URL says; nothing is ever written."""
    from ticklake_assets.commands.sql import ask, show_library

    if list_:
        show_library(console)
    else:
        ask(Settings(), statement, file, param or [], format, limit, out)


@command
def status(
    symbol: Annotated[str | None, typer.Argument(help="of this symbol alone", show_default=False)] = None,
    calendar: Annotated[str | None, typer.Option(metavar="SYMBOL", help="its days, a mark each")] = None,
    html: Annotated[
        Path | None, typer.Option(help="write it as one page that loads nothing: FILE.html")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON instead of a table")] = False,
) -> None:
    """Show what the lake has: first and last UTC day, days by layer, gaps, revisions, refusals, the last verdict."""
    from ticklake_assets.commands.status import show_status

    marks = calendar is not None
    show_status(Settings(), calendar or symbol, console, calendar=marks, html=html, as_json=as_json)


@command
def export(
    layer: Annotated[
        str, typer.Argument(help="raw, parquet, clean or quarantine (ticks), bars, features or labels (gold)")
    ],
    symbol: Symbol,
    first: Annotated[
        datetime,
        typer.Option("--from", formats=["%Y-%m-%d"], help="first UTC day, like 2024-01-15; required"),
    ],
    last: Annotated[
        datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="last UTC day, it is included; required")
    ],
    out: Annotated[Path, typer.Option(help="FILE.csv, FILE.parquet or FILE.arrow; required")],
) -> None:
    """Write days of a layer to one file, which appears whole; memory holds a day. Times are UTC."""
    from ticklake_assets.commands.export import export_days

    export_days(layer, symbol, first.date(), last.date(), out, console)


@command
def lookahead(
    module: Annotated[
        str | None, typer.Argument(help="a Python file or module; without it, everything that gold holds")
    ] = None,
    symbol: Annotated[
        str, typer.Option(help="synthetic, or a symbol with clean days in the lake")
    ] = "SYNEUR",
    day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="the day to try it on")] = _A_WEDNESDAY,
    events: Annotated[
        int | None, typer.Option(help="poison behind so many events, evenly spaced; without it, each", min=1)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON instead of a table")] = False,
) -> None:
    """Find features and labels that know the future: poison what follows each event, compare bit for bit."""
    from ticklake_assets.commands.lookahead import look_ahead
    from ticklake_assets.core.symbol_day import SymbolDay

    judged = SymbolDay(symbol, day.date())
    if not look_ahead(Settings(), module, judged, events, console, as_json=as_json):
        raise typer.Exit(1)


@command
def why(
    name: Annotated[str, typer.Argument(help="an order's comment, a signal's id, or a bundle's digest")],
    journal: Annotated[
        list[Path] | None, typer.Option(help="a folder of bridge journals; may be repeated")
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="read the raw bytes again and hash them")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON instead of a tree")] = False,
) -> None:
    """Follow an order back: signal, bundle, dataset, gold, clean, parquet, and the raw bytes with their sha256."""
    from ticklake_assets.commands.why import why as print_why

    print_why(Settings(), name, journal or [], console, rehash=verify, as_json=as_json)


@command
def affected_by(
    key: Annotated[
        str, typer.Argument(help="a raw object, like raw/ticks/EURUSD/2024/01/EURUSD_2024-01-15.csv")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="as JSON instead of a tree")] = False,
) -> None:
    """List the datasets, models and signals that a raw object went into, and the signals that are of its day."""
    from ticklake_assets.commands.why import affected_by as print_affected

    print_affected(Settings(), key, console, as_json=as_json)


@command
def trials(
    symbol: Annotated[str, typer.Argument(help="a symbol that `ticklake instruments` lists")] = "",
    as_of: Annotated[
        datetime | None, typer.Argument(formats=["%Y-%m-%d"], help="of this as-of day alone")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON, with the trials of each search")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="check every entry of the ledger, and that it was not cut")
    ] = False,
) -> None:
    """List what was ever fitted, chosen and tested of a symbol, and how often its test days may still be looked at.

    With --verify, whatever the symbol: since when the ledger counts and where it ends, or what is wrong with it.
    """
    from ticklake_assets.commands.trials import show_trials, verify_trials

    if verify:
        verify_trials(Settings(), console)
        return
    if not symbol:
        raise SetupError("Whose trials? Expected a symbol or --verify, was neither")
    show_trials(Settings(), symbol, as_of.date() if as_of else None, console, as_json=as_json)


@command
def sensitivity(
    symbol: Symbol,
    as_of: Annotated[
        datetime, typer.Argument(formats=["%Y-%m-%d"], help="as-of day of the chain's last fold")
    ],
    folds: Annotated[int, typer.Option(min=1, help="folds of the chain")] = 3,
    seed: Annotated[int, typer.Option(help="that the chain was trained with")] = 1,
    trials: Annotated[int, typer.Option(min=1, help="sets of parameters that each training tries")] = 8,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON instead of a table")] = False,
) -> None:
    """Train and validate a chain again with other seeds, windows, barriers and thresholds: do they tell the same?

    Nine trainings a fold. They are in the ledger as fits and selections; no test day is met.
    """
    from ticklake_assets.commands.sensitivity import show_sensitivity

    show_sensitivity(Settings(), symbol, as_of.date(), folds, seed, trials, console, as_json=as_json)


@command
def instruments() -> None:
    """List the known symbols with their price digits and windows; `ticklake costs` has what they cost."""
    from ticklake_assets.commands.instrument import show_instruments

    show_instruments(console)


@command
def costs(
    symbol: Annotated[
        str | None, typer.Argument(help="one symbol, with every number; else a round turn of all of them")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="another profile than TICKLAKE_COSTS names: a name, or a TOML file")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """List what trading costs by cost profile, pips."""
    from ticklake_assets.commands.costs import show_costs

    show_costs(symbol, profile, console, as_json=as_json)


@command
def dialects() -> None:
    """List the CSV dialects that the folder source recognises, by a header or by the rows of a file without."""
    from ticklake_assets.commands.dialects import show_dialects

    show_dialects(Settings().dialects, console)


@command
def settings() -> None:
    """List every TICKLAKE_ variable with its value now, where that comes from, and its meaning."""
    table = Table(Column("variable", no_wrap=True), Column("value", overflow="fold"), "from", "meaning")
    current, offered = Settings(), take_environment()
    for name, field in Settings.model_fields.items():
        variable = f"TICKLAKE_{name.upper()}"
        given = "environment" if name in current.model_fields_set else "default"
        origin = environment_file(current.home).name if variable in offered else given
        value = getattr(current, name)
        shown = hidden("" if value is None else str(value))
        table.add_row(variable, shown, origin, field.description)
    console.print(table)


if __name__ == "__main__":
    app()
