"""The environment that a running stack offers: the file HOME/stack.env, lines KEY=value.

`ticklake stack up` writes it and `down` removes it. A variable that is set wins over the file, as one of
the user's ticklake.toml does, so a person may point one service elsewhere and leave the rest.
"""

from __future__ import annotations

import os
from pathlib import Path

from ticklake_assets.config_file import take_config
from ticklake_assets.settings import Settings


def environment_file(home: Path) -> Path:
    return home / "stack.env"


def read_environment(home: Path) -> dict[str, str]:
    """What the stack of that home offers; nothing where none is up."""
    file = environment_file(home)
    lines = file.read_text().splitlines() if file.exists() else []
    return dict(line.split("=", 1) for line in lines if line)


def take_environment() -> dict[str, str]:
    """Set the variables of HOME/stack.env that nobody has set; returns those that are the file's."""
    take_config()  # the user's own file goes before
    offered = read_environment(Settings().home)
    for name, value in offered.items():
        os.environ.setdefault(name, value)
    return {name: value for name, value in offered.items() if os.environ[name] == value}
