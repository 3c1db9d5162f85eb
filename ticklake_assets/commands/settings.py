"""`ticklake settings`."""

from __future__ import annotations

from rich.console import Console

from ticklake_assets.config_file import config_file, take_config
from ticklake_assets.credentials import hidden
from ticklake_assets.environment import environment_file, take_environment
from ticklake_assets.settings import Settings, variable_of


def show_settings(console: Console) -> None:
    """Two lines a setting: the variable, its value and where that is from; then what it means."""
    of_file, of_stack, current = take_config(), take_environment(), Settings()
    file = config_file()
    for name, field in Settings.model_fields.items():
        variable, value = variable_of(name), getattr(current, name)
        if variable in of_file and file is not None:
            origin = file.name
        elif variable in of_stack:
            origin = environment_file(current.home).name
        else:
            origin = "environment" if name in current.model_fields_set else "default"
        told = "" if value is None else hidden(str(value))  # a secret as a whole is stars
        shown = f" = {told}" if told else ""
        console.print(
            f"{variable}{shown}  ({origin})",
            style="" if origin == "default" else "bold",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        console.print(f"    {field.description}", style="dim", markup=False, highlight=False)
