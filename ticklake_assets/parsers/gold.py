"""Ask gold, see what the lake has, and take it out."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from ticklake_assets.parsers.arguments import DAY, AsJson, Symbol
from ticklake_assets.terminal import command_of, console

app = typer.Typer()
command = command_of(app, panel="Ask gold")


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
    from ticklake_assets.settings import Settings

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
    as_json: AsJson = False,
) -> None:
    """Show what the lake has: first and last UTC day, days by layer, gaps, revisions, refusals, the last verdict."""
    from ticklake_assets.commands.status import show_status
    from ticklake_assets.settings import Settings

    marks = calendar is not None
    show_status(Settings(), calendar or symbol, console, calendar=marks, html=html, as_json=as_json)


@command
def export(
    layer: Annotated[
        str, typer.Argument(help="raw, parquet, clean or quarantine (ticks), bars, features or labels (gold)")
    ],
    symbol: Symbol,
    first: Annotated[date, typer.Option("--from", help="first UTC day", **DAY)],
    last: Annotated[date, typer.Option("--to", help="last UTC day, it is included", **DAY)],
    out: Annotated[Path, typer.Option(help="FILE.csv, FILE.parquet or FILE.arrow")],
) -> None:
    """Write days of a layer to one file, which appears whole; memory holds a day. Times are UTC."""
    from ticklake_assets.commands.export import export_days

    export_days(layer, symbol, first, last, out, console)
