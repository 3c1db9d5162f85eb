"""`ticklake dialect`: how the rows of a file are understood."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ticklake_assets.terminal import command_of, console, guarded

app = typer.Typer(
    no_args_is_help=True,
    help="CSV dialects: try one on a file, or see how one is declared.",
)
command = command_of(app)


@command
def show(
    name: Annotated[str, typer.Argument(help="a dialect that `ticklake dialects` lists")],
) -> None:
    """Print a dialect's declaration, TOML to make one of your own from."""
    from ticklake_assets.commands.dialects import declaration_of
    from ticklake_assets.settings import Settings

    typer.echo(declaration_of(name, Settings().dialects), nl=False)


@app.command("try")
@guarded()
def try_(
    file: Annotated[
        Path,
        typer.Argument(
            help="a CSV file, gzipped or not, a Parquet file, a zip archive of one CSV, or ARCHIVE.zip/MEMBER"
        ),
    ],
    dialect: Annotated[str, typer.Option(help="the dialect; without it, by header or rows")] = "",
    symbol: Annotated[str, typer.Option(help="the symbol, like EURUSD; without it, by the file's path")] = "",
    zone: Annotated[
        str, typer.Option(help="zone of the file's clock, like Europe/Athens; without it, the dialect's")
    ] = "",
) -> None:
    """Show ten rows of a file as they are understood, and what landing its first days would warn of.

    Times are UTC, sizes millions of base units. Nothing is landed.
    """
    from ticklake_assets.commands.dialect_trial import try_file
    from ticklake_assets.settings import Settings

    settings = Settings()
    dialect, zone = dialect or settings.source_dialect, zone or settings.source_zone
    try_file(file, symbol, dialect, zone, settings.dialects, console)
