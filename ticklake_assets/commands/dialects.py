"""`ticklake dialects`, `ticklake dialect show`: what is known of how exporters write ticks."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from ticklake_assets.sources.dialect_files import all_dialects, dialect_named, own_path, text_of


def show_dialects(place: Path | None, console: Console) -> None:
    """List the user's own, in the file or folder `place`, and those of the package."""
    table = Table(Column(style="bold", no_wrap=True), Column(overflow="fold"), box=None, show_header=False)
    for dialect in all_dialects(place):
        table.add_row(dialect.name, escape(dialect.about))
        table.add_row("", escape(dialect.shown_header))
        table.add_row("", f"zone: {dialect.shown_zone}", end_section=True)
    console.print(table, highlight=False)


def declaration_of(name: str, place: Path | None) -> str:
    """The TOML text of a dialect."""
    dialect_named(name, all_dialects(place))
    own = own_path(name, place)
    return own.read_text(encoding="utf-8-sig") if own else text_of(name)
