"""Ask gold."""

from __future__ import annotations

from typing import Annotated

import typer

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
        str | None, typer.Option(help="table, csv or json; without it a terminal gets a table, a pipe csv")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="rows at most; a table has 100 without it", min=0)] = None,
    list_: Annotated[bool, typer.Option("--list", help="show the library of research queries")] = False,
) -> None:
    """Ask gold by SQL, in DuckDB or Trino as TICKLAKE_SQL_URL says; nothing is ever written."""
    from ticklake_assets.commands.sql import ask, show_library
    from ticklake_assets.settings import Settings

    if list_:
        show_library(console)
    else:
        ask(Settings(), statement, file, param or [], format, limit)
