"""`ticklake dialects`."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ticklake_assets.sources.csv_dialects import DIALECTS


def show_dialects(console: Console) -> None:
    """Two lines a dialect: its name and zone; then its header, which may fold."""
    for dialect in DIALECTS:
        ahead = f" + {dialect.ahead_hours} h" if dialect.ahead_hours else ""
        zone = f"{dialect.zone}{ahead}" or "in each time"
        console.print(Text.assemble((dialect.name, "bold"), f"  (zone: {zone})"))
        console.print(Padding(Text(dialect.header.replace("\t", " "), overflow="fold"), (0, 0, 0, 4)))
