"""`ticklake journal`: what the endpoint remembers of the days that were streamed to it."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from ticklake_assets.parsers.arguments import AsJson, Symbol, day_of
from ticklake_assets.terminal import command_of, console

app = typer.Typer(
    no_args_is_help=True,
    help="Journals of the endpoint on this machine: what was streamed and answered.",
)
command = command_of(app)

OfSymbol = Annotated[str, typer.Argument(help="only this symbol's; empty: all")]


@command
def list(symbol: OfSymbol = "", as_json: AsJson = False) -> None:  # noqa: A001 the command is called so
    """List the days: streams, bytes, whether sealed, and of the newest stream whether it is complete, and its ticks."""
    from ticklake_assets.commands.journal import list_days
    from ticklake_assets.settings import Settings

    list_days(Settings().journals, symbol, console, as_json=as_json)


@command
def show(
    symbol: Symbol,
    day: Annotated[date, typer.Argument(parser=day_of, help="UTC day, YYYY-MM-DD")],
    as_json: AsJson = False,
) -> None:
    """Show a day's streams: ticks by status, rules, events, signals by side, abstentions by reason, controls."""
    from ticklake_assets.commands.journal import show_day
    from ticklake_assets.core.symbol_day import SymbolDay
    from ticklake_assets.settings import Settings

    show_day(Settings().journals, SymbolDay(symbol, day), console, as_json=as_json)


@command
def verify(symbol: OfSymbol = "", as_json: AsJson = False) -> None:
    """Check every checksum of every file; exit code 1 where one was changed, or a sealed one is not whole."""
    from ticklake_assets.commands.journal import verify_files
    from ticklake_assets.settings import Settings

    if not verify_files(Settings().journals, symbol, console, as_json=as_json):
        raise typer.Exit(1)
