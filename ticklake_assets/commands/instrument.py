"""Prints what is known of symbols and what the vendor has, and writes the entry of a new one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table

from ticklake_assets.commands.instrument_entry import Draft, from_catalogue
from ticklake_assets.core.calendar import rules_of
from ticklake_assets.core.cost_profile import chosen_profile
from ticklake_assets.core.errors import DataError, SetupError
from ticklake_assets.core.instruments import INSTRUMENTS, instrument_of, priced_in
from ticklake_assets.core.market_tables import MarketTables, built_in, market_tables, own_file, place_of_own
from ticklake_assets.core.rounding import shown
from ticklake_assets.core.vendor_catalogue import search
from ticklake_assets.files import locked, replace_file

_SHOWN = 40


def show_instrument(symbol: str, to: Console) -> None:
    """Every fact of a symbol."""
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
        table.add_row(name.replace("_", " "), "-" if value in (None, "") else shown(value))
    to.print(table)


def search_catalogue(text: str, to: Console) -> None:
    """The first of the vendor's instruments whose code or description has these words."""
    found = search(text)
    if not found:
        raise DataError(f"Expected words of a code or a description in the vendor's catalogue, was {text!r}")
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
    to.print(table)
    if len(found) > _SHOWN:
        to.print(f"and {len(found) - _SHOWN:,} more: say more words")


def drafted(
    name: str,
    symbol: str | None,
    calendar: str | None,
    pip: float | None,
    price: float | None,
    quote_in_usd: float | None,
    from_mt5: str | None,
    kind: str | None,
) -> Draft:
    """The entry by the vendor's catalogue, or by the facts of a terminal.

    Raises:
        SetupError: what a terminal doesn't tell was not given, or the symbol comes along.
    """
    if from_mt5 is not None:
        from ticklake_assets.commands.instrument_mt5 import from_terminal

        if kind is None or calendar is None:
            raise SetupError("Expected --kind and --calendar with --from-mt5, which no terminal tells")
        return from_terminal(from_mt5, symbol or name, kind, calendar, pip, chosen_profile())
    draft = from_catalogue(name, symbol, calendar, pip, price, quote_in_usd, chosen_profile())
    if draft.symbol in built_in().instruments:
        raise SetupError(f"{draft.symbol} comes along already. Expected another symbol")
    return draft


def write_entry(draft: Draft, to: Console) -> None:
    """Add the entry to the user's own file, and say what to check there."""
    file = place_of_own()
    append_entry(file, draft.symbol, draft.toml())
    to.print(f"{draft.symbol} is in {file}. Check there:", highlight=False, soft_wrap=True)
    for each in draft.checks:
        to.print(f"  {each}", highlight=False, soft_wrap=True)
    to.print("Then start `ticklake dev` and the endpoint anew: they read the file at their start.")


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
