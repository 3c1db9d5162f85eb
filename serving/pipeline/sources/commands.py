"""Our own commands in a child process: what only they can do is done by the code and the checks of the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from threading import BoundedSemaphore, Thread
from typing import Any

from ticklake_assets.core.errors import DataError, TicklakeError, TransientError
from ticklake_assets.settings import Settings

_LONGEST_S = 300.0
_TURN_S = 20.0
"""So long a call waits for its turn: who waits holds a thread that could answer a page."""
_AT_ONCE = 2
"""A command loads what the graph does: more of them would slow what trades on this machine."""


class CommandRefused(TicklakeError):  # noqa: N818 - what pages say of it
    """A command said no; the message is its own."""


class Commands:
    """`ticklake` as this installation has it, on this home; each command ends within `longest_s`."""

    def __init__(self, settings: Settings, longest_s: float = _LONGEST_S, turn_s: float = _TURN_S) -> None:
        self._settings, self._longest_s, self._turn_s = settings, longest_s, turn_s
        self._at_once = BoundedSemaphore(_AT_ONCE)

    def run(self, *words: str) -> str:
        """What the command printed; CommandRefused says what it said.

        Two run at once; TransientError where others take longer than a turn is waited for, or it takes too long itself.
        """
        if not self._at_once.acquire(timeout=self._turn_s):
            raise TransientError(
                f"Others ask already. Expected a turn within {self._turn_s:g} s, was none: ask again in a moment"
            )
        try:
            return self._run(words)
        finally:
            self._at_once.release()

    @staticmethod
    def _program(words: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "ticklake_assets.cli", *words]

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "TICKLAKE_HOME": str(self._settings.home.absolute()), "NO_COLOR": "1"}

    def _run(self, words: Sequence[str]) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - our own program, and no shell
                self._program(words),
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=self._longest_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise TransientError(
                f"`ticklake {' '.join(words)}`: Expected an end within {self._longest_s:g} s, was none"
            ) from None
        if done.returncode:
            said = done.stderr.strip().removeprefix("ticklake: ")
            raise CommandRefused(said or f"`ticklake {' '.join(words)}` ended with {done.returncode}")
        return done.stdout.strip()

    def begin(self, *words: str) -> Path:
        """Let a long command run on its own, whatever becomes of this program; returns where its output goes."""
        log = (
            self._settings.pages_home
            / "commands"
            / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{words[0]}-{token_hex(3)}.log"
        )
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with log.open("xb") as output:
            begun = subprocess.Popen(  # noqa: S603 - our own program, and no shell
                self._program(words),
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        Thread(target=begun.wait, daemon=True, name="command").start()  # so that it is no zombie when it ends
        return log

    def json(self, *words: str) -> Any:
        return self.json_of(*words, "--json")

    def json_of(self, *words: str) -> Any:
        """Of a command that prints JSON by these words."""
        return json.loads(self.run(*words))


def as_argument(text: str) -> str:
    """What a person typed, as a word that no command takes for an option; DataError else."""
    stripped = text.strip()
    if not stripped or stripped.startswith("-") or not stripped.isprintable():
        raise DataError(f"Expected a name, was {text[:40]!r}")
    return stripped
