"""`ticklake instrument`: what is known of symbols, what the vendor has, and how one is added."""

from __future__ import annotations

from typing import Annotated

import typer

from ticklake_assets.terminal import command_of, console, guarded

app = typer.Typer(
    no_args_is_help=True, help="Symbols: what is known of them, what the vendor has, and one more."
)
command = command_of(app, uses_stack=False)


@app.command("list")
@guarded(uses_stack=False)
def list_() -> None:
    """List the known symbols with digits, pip, calendar and windows; `ticklake costs` has what they cost."""
    from ticklake_assets.commands.instrument import show_instruments

    show_instruments(console)


@command
def show(
    symbol: Annotated[str, typer.Argument(help="a symbol that `ticklake instrument list` shows")],
) -> None:
    """Show every fact of a symbol, its codes at each source, and the hours of its calendar."""
    from ticklake_assets.commands.instrument import show_instrument

    show_instrument(symbol, console)


@command
def search(
    text: Annotated[list[str], typer.Argument(help="words of a code or a description, like gold")],
) -> None:
    """Search the vendor's catalogue of some 1,500 instruments; needs no network."""
    from ticklake_assets.commands.instrument import search_catalogue

    search_catalogue(" ".join(text), console)


@command
def add(
    name: Annotated[
        str, typer.Argument(help="a symbol or code that search shows; with --from-mt5 your symbol")
    ],
    symbol: Annotated[str | None, typer.Option(help="what it is to be called here, else by its code")] = None,
    calendar: Annotated[str | None, typer.Option(help="its calendar, where its class has none")] = None,
    pip: Annotated[
        float | None, typer.Option(help="its pip in price units, else by its class", min=1e-9)
    ] = None,
    price: Annotated[
        float | None,
        typer.Option(help="roughly, in its quote currency, where the cost profile has no rate", min=1e-9),
    ] = None,
    quote_in_usd: Annotated[
        float | None,
        typer.Option(help="USD for one of its quote currency, where the profile has none", min=1e-12),
    ] = None,
    from_mt5: Annotated[
        str | None,
        typer.Option(
            "--from-mt5", help="take the facts from a running MetaTrader 5, by the broker's name (Windows)"
        ),
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="with --from-mt5: fx, metal, crypto, index, commodity or stock")
    ] = None,
) -> None:
    """Write a symbol's entry into your own file (TICKLAKE_INSTRUMENTS, else HOME/instruments.toml), and say what to check."""  # noqa: E501
    from ticklake_assets.commands.instrument import drafted, write_entry

    write_entry(drafted(name, symbol, calendar, pip, price, quote_in_usd, from_mt5, kind), console)
