"""The environment of a process: what a running stack offers in HOME/stack.env, lines KEY=value; who may read its files.

`ticklake stack up` writes it and `down` removes it. A variable that is set wins over the file, as one of
the user's ticklake.toml does, so a person may point one service elsewhere and leave the rest.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ticklake_assets.config_file import take_config
from ticklake_assets.settings import Settings

_PREFIX = "TICKLAKE_"


def environment_file(home: Path) -> Path:
    return home / "stack.env"


def read_environment(home: Path) -> dict[str, str]:
    """What the stack of that home offers; nothing where none is up."""
    file = environment_file(home)
    lines = file.read_text().splitlines() if file.exists() else []
    return dict(line.split("=", 1) for line in lines if line)


def keep_private() -> None:
    """What this process and its children write from now on is its owner's alone, whichever library writes it."""
    os.umask(int(Settings().umask, 8))


def settings_at(**given: Any) -> Settings:
    """The settings that a command would have, those `given` before all, of a process that is not one of ours.

    Of the stack's variables only those of other libraries (S3's keys) are set: two lakes may be open at once.
    """
    take_config()  # the user's own file goes before
    offered = read_environment(Path(given.get("home") or Settings().home))
    unset = {name: value for name, value in offered.items() if name not in os.environ}
    ours = {name: value for name, value in unset.items() if name.startswith(_PREFIX)}
    os.environ.update({name: value for name, value in unset.items() if name not in ours})
    return Settings(**{name.removeprefix(_PREFIX).lower(): value for name, value in ours.items()} | given)


def take_environment() -> dict[str, str]:
    """Keep what is written private, and set the variables of HOME/stack.env that nobody has set; returns the file's."""
    take_config()  # the user's own file goes before
    keep_private()
    offered = read_environment(Settings().home)
    for name, value in offered.items():
        os.environ.setdefault(name, value)
    return {name: value for name, value in offered.items() if os.environ[name] == value}
