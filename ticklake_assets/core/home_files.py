"""Where a file lies that a setting names."""

from __future__ import annotations

import os
from pathlib import Path

_HOME_VARIABLE, _DEFAULT_HOME = "TICKLAKE_HOME", ".ticklake"


def of_home(name: str | Path) -> Path:
    """A relative path is one of TICKLAKE_HOME, whatever folder a command, a run or a worker is started in."""
    home = Path(os.environ.get(_HOME_VARIABLE) or _DEFAULT_HOME)
    return (home / Path(name).expanduser()).absolute()


def elsewhere(name: str | Path) -> str:
    """What to say of a file that is not there and lies in the working folder: what was meant by it."""
    is_here = not of_home(name).is_file() and Path(name).is_file()
    return (
        f" (relative paths are of TICKLAKE_HOME: {Path(name).absolute()} needs its whole path)"
        if is_here
        else ""
    )
