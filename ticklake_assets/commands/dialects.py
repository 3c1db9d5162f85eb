"""`ticklake dialects`."""

from __future__ import annotations

from rich.console import Console
from rich.table import Column, Table

from ticklake_assets.sources.csv_dialects import DIALECTS


def show_dialects(console: Console) -> None:
    table = Table("dialect", Column("header", overflow="fold"), "zone")
    for dialect in DIALECTS:
        ahead = f" + {dialect.ahead_hours} h" if dialect.ahead_hours else ""
        zone = f"{dialect.zone}{ahead}" or "in each time"
        table.add_row(dialect.name, dialect.header.replace("\t", " "), zone)
    console.print(table)
