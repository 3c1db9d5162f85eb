"""`ticklake dataset`: the registry of frozen datasets, from list to rollback."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from ticklake_assets.parsers.arguments import Symbol, day_of
from ticklake_assets.terminal import command_of, console

app = typer.Typer(no_args_is_help=True, help="Frozen datasets: what there is, what changed, and back again.")
command = command_of(app)
Tag = Annotated[str, typer.Argument(help="a version that `ticklake dataset list` shows")]


@command
def list(  # noqa: A001 the command is called so
    symbol: Annotated[str, typer.Argument(help="of this symbol alone")] = "",
) -> None:
    """List the frozen versions, oldest first."""
    from ticklake_assets.commands.dataset import list_versions
    from ticklake_assets.settings import Settings

    list_versions(Settings(), symbol, console)


@command
def show(tag: Tag) -> None:
    """Show a version: its partitions, checks, snapshots, and the bundles that were made from it."""
    from ticklake_assets.commands.dataset import show_version
    from ticklake_assets.settings import Settings

    show_version(Settings(), tag, console)


@command
def diff(before: Tag, after: Tag) -> None:
    """Show what changed between two versions: days, rows, kernel, labels, features, snapshots."""
    from ticklake_assets.commands.dataset import diff_versions
    from ticklake_assets.settings import Settings

    diff_versions(Settings(), before, after, console)


@command
def checkout(
    tag: Tag, folder: Annotated[Path, typer.Argument(help="where its files go; made where it is absent")]
) -> None:
    """Bring a version's files into a folder, byte for byte; they are verified by sha256."""
    from ticklake_assets.commands.dataset import checkout_version
    from ticklake_assets.settings import Settings

    checkout_version(Settings(), tag, folder, console)


@command
def rollback(
    symbol: Symbol,
    as_of: Annotated[date, typer.Argument(parser=day_of, help="its as-of day, YYYY-MM-DD")],
    tag: Annotated[str, typer.Argument(help="the version to go back to, like EURUSD/2024-01-15/v1 or v1")],
) -> None:
    """Make an older version the latest of its as-of day again: a new version of the same content."""
    from ticklake_assets.commands.dataset import roll_back
    from ticklake_assets.settings import Settings

    roll_back(Settings(), symbol, as_of, tag, console)
