"""A git repository of ticklake's own, deaf to the user's configuration, environment and hooks."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from ticklake_assets.core.errors import SetupError

_SETTINGS = {
    "user.name": "ticklake",
    "user.email": "ticklake@localhost",
    "core.hooksPath": os.devnull,
    "core.autocrlf": "false",
    "commit.gpgSign": "false",
    "tag.gpgSign": "false",
    "gc.autoDetach": "false",
    "init.defaultBranch": "main",
    "safe.directory": "*",  # a folder may be written by the service's user and read by another
}


class GitRepository:
    """Runs git in one folder; that folder's own repository or none, never one further up."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    def init(self) -> None:
        self.run("init", "--quiet")

    def run(self, *arguments: str) -> str:
        """Run one git command and return what it printed."""
        return self.run_bytes(*arguments).decode()

    def run_bytes(self, *arguments: str) -> bytes:
        """Run one git command and return the bytes it printed.

        Raises:
            SetupError: git is absent or refuses.
        """
        executable = shutil.which("git")
        if executable is None:
            raise SetupError("git is not installed. Expected git on the PATH (apt-get install git), was none")
        settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        where = [f"--git-dir={self._root / '.git'}", f"--work-tree={self._root}"]
        done = subprocess.run(  # noqa: S603 - fixed program, arguments as a list
            [executable, *settings, *where, *arguments],
            cwd=self._root,
            # Nothing of the caller's: no GIT_DIR of a hook that runs us, no identity, no signing, no prompts.
            env={"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"},
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            raise SetupError(
                f"git {arguments[0]} failed in {self._root}: {done.stderr.decode(errors='replace').strip()}. "
                f"Expected exit code 0, was {done.returncode}"
            )
        return done.stdout
