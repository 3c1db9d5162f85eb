"""`ticklake`: its commands, each read by a parser that loads what the command needs only when it runs.

A new command is a function in the file of `parsers` that it fits; a group of its own is one more `add_typer` here.
"""

from __future__ import annotations

from typing import Annotated

import typer

from stack.cli import app as stack
from stack.nifi.cli import app as flow
from ticklake_assets.parsers import gold, judging, start, ticks, trading
from ticklake_assets.parsers.dataset import app as dataset
from ticklake_assets.parsers.dialect import app as dialect
from ticklake_assets.parsers.endpoint import app as endpoint
from ticklake_assets.parsers.instrument import app as instrument
from ticklake_assets.parsers.journal import app as journal
from ticklake_assets.parsers.model import app as model
from ticklake_assets.parsers.pages import app as pages
from ticklake_assets.parsers.replicate import app as replicate
from ticklake_assets.terminal import Command, Group

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
replicate.add_typer(flow)  # its commands stand beside `status`
for commands in (start, ticks, gold, judging, trading):
    app.add_typer(commands.app)
app.add_typer(pages, name="pages", rich_help_panel="Start and see it")
app.add_typer(instrument, name="instrument", rich_help_panel="Start and see it")
app.add_typer(dialect, name="dialect", rich_help_panel="Ticks to gold")
app.add_typer(replicate, rich_help_panel="Ticks to gold")
app.add_typer(dataset, name="dataset", rich_help_panel="Datasets")
app.add_typer(endpoint, name="endpoint", rich_help_panel="Models and the endpoint")
app.add_typer(model, name="model", rich_help_panel="Models and the endpoint")
app.add_typer(journal, name="journal", rich_help_panel="Models and the endpoint")
app.add_typer(stack, rich_help_panel="Services")


def _tell_version(asked: bool) -> None:  # noqa: FBT001 - typer calls it so
    if asked:
        from importlib.metadata import version

        typer.echo(f"ticklake {version('ticklake')}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """A tick-data lakehouse and trading-model factory: from the vendor's file to the order ticket."""


def _in_one_style(group: typer.Typer) -> None:
    """Every usage line and every flag is written alike, whoever declares the command."""
    group.info.cls = Group
    for info in group.registered_commands:
        info.cls = Command
    for below in group.registered_groups:
        if below.typer_instance is not None:
            _in_one_style(below.typer_instance)


_in_one_style(app)

if __name__ == "__main__":
    app()
