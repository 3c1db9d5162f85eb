"""`ticklake replicate`: the second layer by hand, and how it is doing, whoever does it."""

from __future__ import annotations

import typer

from ticklake_assets.parsers.arguments import AsJson
from ticklake_assets.terminal import command_of, console, guarded

app = typer.Typer(
    name="replicate",
    help="Bring landing files into the lake: by hand, or by NiFi's flow.",
    invoke_without_command=True,
)
command = command_of(app)


@app.callback()
def replicate(context: typer.Context) -> None:
    """Bring what waits in landing into the object store, where the raw sensor finds it; overwrite nothing."""
    if context.invoked_subcommand is None:
        _replicate()


@guarded()
def _replicate() -> None:
    from ticklake_assets.commands.replicate import replicate_landing
    from ticklake_assets.settings import Settings

    if not replicate_landing(Settings(), console):
        raise typer.Exit(1)


@command
def status(as_json: AsJson = False) -> None:
    """Show queues, back pressure, rates, conflicts and complaints of the replicator."""
    from ticklake_assets.commands.replicate import show_status
    from ticklake_assets.settings import Settings

    show_status(Settings(), console, as_json=as_json)
