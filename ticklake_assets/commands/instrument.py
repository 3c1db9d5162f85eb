"""`ticklake instrument`: what is known of symbols, what the vendor has, and how one is added."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from ticklake_assets.core.calendar import rules_of
from ticklake_assets.core.cost_profile import chosen_profile
from ticklake_assets.core.errors import DataError, SetupError
from ticklake_assets.core.instruments import INSTRUMENTS, instrument_of, priced_in
from ticklake_assets.core.market_tables import MarketTables, built_in, market_tables, own_file, place_of_own
from ticklake_assets.files import locked, replace_file
from ticklake_assets.terminal import console, guarded

app = typer.Typer(
    no_args_is_help=True, help="Symbols: what is known of them, what the vendor has, and one more."
)
_SHOWN = 40


@app.command("list")
@guarded(uses_stack=False)
def list_instruments() -> None:
    """List the known symbols with digits, pip, calendar and windows; `ticklake costs` has what they cost."""
    show_instruments(console)


@app.command("show")
@guarded(uses_stack=False)
def show_instrument(
    symbol: Annotated[str, typer.Argument(help="a symbol that `ticklake instrument list` shows")],
) -> None:
    """Show every fact of a symbol, its codes at each source, and the hours of its calendar."""
    found = instrument_of(symbol)
    facts = asdict(found) | {
        "costs": found.costs.version,
        "point": f"{found.point:g}",
        "codes": f"dukascopy {found.vendor_code}, dukascopy-bi5 {found.bi5_code}"
        + "".join(f", {source} {code}" for source, code in found.codes if source == "mt5"),
        "windows": _windows(found.symbol),
        "calendar": f"{found.calendar}: {rules_of(found.calendar).about}",
        "from": _origin(symbol),
    }
    table = Table("of", symbol)
    for name, value in facts.items():
        table.add_row(name.replace("_", " "), "-" if value in (None, "") else str(value))
    console.print(table)


@app.command("search")
@guarded(uses_stack=False)
def search_catalogue(
    text: Annotated[list[str], typer.Argument(help="words of a code or a description, like gold")],
) -> None:
    """Search the vendor's catalogue of some 1,500 instruments; needs no network."""
    from ticklake_assets.core.vendor_catalogue import search

    found = search(" ".join(text))
    if not found:
        raise DataError(
            f"Expected words of a code or a description in the vendor's catalogue, was {' '.join(text)!r}"
        )
    table = Table(
        Column("symbol", no_wrap=True),
        "code",
        Column("digits", justify="right"),
        "first tick",
        "calendar",
        "what it is",
    )
    for each in found[:_SHOWN]:
        table.add_row(
            each.symbol or "-", each.code, str(each.digits), str(each.first_tick or "-"), each.calendar or "-",
            each.description,
        )  # fmt: skip
    console.print(table)
    if len(found) > _SHOWN:
        console.print(f"and {len(found) - _SHOWN:,} more: say more words")


@app.command("add")
@guarded(uses_stack=False)
def add_instrument(
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
    from ticklake_assets.commands.instrument_entry import from_catalogue

    if from_mt5 is not None:
        from ticklake_assets.commands.instrument_mt5 import from_terminal

        if kind is None or calendar is None:
            raise SetupError("Expected --kind and --calendar with --from-mt5, which no terminal tells")
        draft = from_terminal(from_mt5, symbol or name, kind, calendar, pip, chosen_profile())
    else:
        draft = from_catalogue(name, symbol, calendar, pip, price, quote_in_usd, chosen_profile())
        if draft.symbol in built_in().instruments:
            raise SetupError(f"{draft.symbol} comes along already. Expected another symbol")
    file = place_of_own()
    append_entry(file, draft.symbol, draft.toml())
    console.print(f"{draft.symbol} is in {file}. Check there:", highlight=False, soft_wrap=True)
    for each in draft.checks:
        console.print(f"  {each}", highlight=False, soft_wrap=True)
    console.print("Then start `ticklake dev` and the endpoint anew: they read the file at their start.")


def append_entry(file: Path, symbol: str, entry: str) -> None:
    """Add an entry behind what the file holds, whole or not at all.

    Raises:
        SetupError: the file is wrong, has the symbol already, or would be wrong with it.
    """
    from ticklake_assets.core.market_schema import read_instruments

    with locked(file.with_name(f".{file.name}.lock")):
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        held = read_instruments(str(file), before, MarketTables({}, built_in().calendars))
        if symbol in held.instruments:
            raise SetupError(
                f"{file}: [{symbol}]: Expected a symbol that it has not yet, was one: change it there"
            )
        after = before + entry
        priced_in(read_instruments(str(file), after, built_in()), symbol, chosen_profile())
        replace_file(file, after.encode())


def show_instruments(to: Console) -> None:
    """The table of known symbols."""
    table = Table("symbol", "digits", "pip", "calendar", "train/validate/test, days", "from")
    for item in INSTRUMENTS.values():
        table.add_row(
            item.symbol,
            str(item.digits),
            f"{item.pip:g}",
            item.calendar,
            _windows(item.symbol),
            _origin(item.symbol),
        )
    to.print(table)


def _windows(symbol: str) -> str:
    held = INSTRUMENTS[symbol].windows
    return f"{held.train_days}/{held.validate_days}/{held.test_days}"


def _origin(symbol: str) -> str:
    """The package, or the name of the user's own file."""
    own = own_file()
    is_own = built_in().instruments.get(symbol) != market_tables().instruments[symbol]
    return own.name if own is not None and is_own else "ticklake"
