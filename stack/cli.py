"""`ticklake stack`: the real services on this machine, started, shown and stopped."""

from __future__ import annotations

from typing import Annotated

import typer

from ticklake_assets.terminal import command_of

app = typer.Typer(
    no_args_is_help=True, name="stack", help="The real services on this machine, without Docker."
)
command = command_of(app, uses_stack=False)
Names = Annotated[
    list[str] | None, typer.Argument(help="services, and what they need; none: all", metavar="NAME")
]


@command
def up(names: Names = None) -> None:
    """Start what isn't healthy, and write where it is to HOME/stack.env, which every command takes."""
    from stack import commands

    commands.up(names or [])


@command
def down(
    names: Names = None,
    wipe: Annotated[bool, typer.Option("--wipe", help="remove all their data, too; the cache stays")] = False,
) -> None:
    """Stop the services, and those that need them. Their data stay, and commands are embedded again."""
    from stack import commands

    commands.down(names or [], wipe=wipe)


@command
def status() -> None:
    """Show each service with its state, address and memory."""
    from stack import commands

    commands.status()


@command
def logs(
    name: Annotated[str, typer.Argument(help="a service")],
    follow: Annotated[bool, typer.Option("--follow", help="go on until Ctrl-C")] = False,
) -> None:
    """Show the end of a service's log."""
    from stack import commands

    commands.logs(name, follow=follow)


@command
def doctor() -> None:
    """Check what the services need: programs, Java, Maven, room, memory, ports. A line each."""
    from stack import commands

    commands.doctor()
