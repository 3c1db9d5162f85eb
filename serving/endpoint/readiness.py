"""Whether the endpoint can do its work now: what each part of it says when asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile

from ticklake_assets.core.errors import SetupError, TicklakeError

Check = Callable[[], str]
"""Says in a few words how a part is; a TicklakeError or OSError where it cannot do its work. Quick: it runs often."""
_RELEASED = datetime(2025, 1, 1, tzinfo=UTC)
_BACK_S = 2.0
"""Seconds that a wall clock may be set back by its keeper."""


class Readiness:
    """Checks by name. A part registers its own when the endpoint opens: `readiness.add("journal", journal.check)`."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def add(self, name: str, check: Check) -> None:
        self._checks[name] = check

    def ask(self) -> dict[str, str]:
        """What every part says; SetupError with the reasons of all that are not ready."""
        said, reasons = {}, []
        for name, check in self._checks.items():
            try:
                said[name] = check()
            except OSError as error:  # its file's name is nobody's business who has no token
                reasons.append(f"{name}: the disk refuses ({error.strerror})")
            except TicklakeError as error:
                reasons.append(f"{name}: {error}")
        if reasons:
            raise SetupError(f"Not ready: {'; '.join(reasons)}")
        return said


class SaneClock:
    """A wall clock that is not of another age, and has not gone back: ticks, tokens and models are judged by it."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._latest = now()

    def __call__(self) -> str:
        now = self._now()
        if now < _RELEASED.timestamp():
            raise SetupError(f"Expected a time after {_RELEASED:%Y-%m-%d}, was {_shown(now)}")
        if now < self._latest - _BACK_S:
            raise SetupError(
                f"Expected a time after {_shown(self._latest)}, which was before, was {_shown(now)}"
            )
        self._latest = max(self._latest, now)
        return "sane"


class WritableFolder:
    """A folder that takes a file, asked by writing one that has no name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self) -> str:
        with TemporaryFile(dir=self._folder, buffering=0) as probe:
            probe.write(b"ready")
        return "writable"


def _shown(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
