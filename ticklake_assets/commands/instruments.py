"""`ticklake instruments`."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from ticklake_assets.core.instruments import INSTRUMENTS


def show_instruments(console: Console) -> None:
    table = Table("symbol", "digits", "pip", "calendar", "train/validate/test, days")
    for item in INSTRUMENTS.values():
        days = f"{item.windows.train_days}/{item.windows.validate_days}/{item.windows.test_days}"
        table.add_row(item.symbol, str(item.digits), f"{item.pip:g}", item.calendar, days)
    console.print(table)
