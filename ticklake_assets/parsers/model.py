"""`ticklake model`: the registry's versions, what they were made of, and which one trades."""

from __future__ import annotations

from typing import Annotated

import typer

from ticklake_assets.parsers.arguments import AsJson
from ticklake_assets.terminal import command_of, console

app = typer.Typer(
    no_args_is_help=True,
    help="Versions of the registered models: look at them, and say which one trades.",
)
command = command_of(app)

Symbol = Annotated[str, typer.Argument(help="like EURUSD")]
Name = Annotated[str, typer.Argument(help="a number, an alias, or the first digits of a bundle's digest")]


@command
def list(  # noqa: A001 the command is called so
    symbol: Annotated[str, typer.Argument(help="only this symbol's")] = "", as_json: AsJson = False
) -> None:
    """List the versions: as-of day, bundle, dataset, verdict, aliases, and what the endpoint does with each."""
    from ticklake_assets.commands.model_list import list_versions
    from ticklake_assets.settings import Settings

    list_versions(Settings(), symbol, console, as_json=as_json)


@command
def show(symbol: Symbol, version: Name = "champion", as_json: AsJson = False) -> None:
    """Show a version: its tags, runs, dataset, parameters, metrics, and every gate."""
    from ticklake_assets.commands.model_tables import print_version
    from ticklake_assets.lifecycle.promotion import Promotion
    from ticklake_assets.settings import Settings

    print_version(Promotion.from_settings(Settings()), symbol, version, console, as_json=as_json)


@command
def compare(
    symbol: Symbol, version: Name = "champion", other: Name = "candidate", as_json: AsJson = False
) -> None:
    """Put two versions side by side: what they were made of, what they scored, how the gates judged."""
    from ticklake_assets.commands.model_tables import print_comparison
    from ticklake_assets.lifecycle.promotion import Promotion
    from ticklake_assets.settings import Settings

    print_comparison(Promotion.from_settings(Settings()), symbol, version, other, console, as_json=as_json)


@command
def promote(symbol: Symbol, version: Name = "candidate") -> None:
    """Let the endpoint trade a version that passed every gate; what was champion is `previous` then."""
    from ticklake_assets.lifecycle.promotion import Promotion
    from ticklake_assets.settings import Settings

    promotion = Promotion.from_settings(Settings())
    promoted = promotion.promote(promotion.registry.find(symbol, version))
    console.print(f"{promoted} is champion; the endpoint {promotion.endpoint.url} trades it", soft_wrap=True)


@command
def rollback(symbol: Symbol) -> None:
    """Let the endpoint trade the previous champion again; the two change places."""
    from ticklake_assets.lifecycle.promotion import Promotion
    from ticklake_assets.settings import Settings

    promotion = Promotion.from_settings(Settings())
    restored = promotion.rollback(symbol)
    console.print(
        f"{restored} is champion again; the endpoint {promotion.endpoint.url} trades it", soft_wrap=True
    )
