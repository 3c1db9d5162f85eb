"""`ticklake settings`."""

from __future__ import annotations

import re

from rich.console import Console
from rich.table import Column, Table

from ticklake_assets.environment import environment_file, take_environment
from ticklake_assets.settings import Settings


def show_settings(console: Console) -> None:
    table = Table(Column("variable", no_wrap=True), Column("value", overflow="fold"), "from", "meaning")
    current, offered = Settings(), take_environment()
    for name, field in Settings.model_fields.items():
        variable = f"TICKLAKE_{name.upper()}"
        given = "environment" if name in current.model_fields_set else "default"
        origin = environment_file(current.home).name if variable in offered else given
        value = getattr(current, name)
        shown = re.sub(r"(?<=:)[^:/@]+(?=@)", "***", "" if value is None else str(value))  # no password
        table.add_row(variable, shown, origin, field.description)
    console.print(table)
