"""Ticks to gold: what brings days in, and tries again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ticklake_assets.parsers.arguments import FirstDay, LastDay, Symbol
from ticklake_assets.terminal import command_of, console

app = typer.Typer()
command = command_of(app, panel="Ticks to gold")


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
    from ticklake_assets.settings import Settings

    if not backfill_days(Settings(), symbol, first, last, console, wait=wait):
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
    from ticklake_assets.settings import Settings

    retry_days(Settings(), symbol, console, every=every)


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
    from ticklake_assets.settings import Settings

    if not land_days(Settings(), symbol, first, last, console, ticks):
        raise typer.Exit(1)


@command
def dialects() -> None:
    """List the CSV dialects that the folder source recognises, by a header or by the rows of a file without."""
    from ticklake_assets.commands.dialects import show_dialects
    from ticklake_assets.settings import Settings

    show_dialects(Settings().dialects, console)
