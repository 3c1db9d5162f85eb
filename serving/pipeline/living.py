"""One process a home serves the pages; one that a demo has left there ends when nobody looked for long."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from ticklake_assets.core.errors import SetupError
from ticklake_assets.files import is_held, replace_file
from ticklake_assets.settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_POLL_S = 1.0


class Note(BaseModel):
    """What the process that serves a home says of itself, in HOME/pages/process.json."""

    model_config = ConfigDict(frozen=True)

    pid: int
    url: str
    idle_s: float
    """Seconds without a request after which it ends by itself; 0: never."""


def who_serves(settings: Settings) -> Note | None:
    """The process that serves this home now; None where none does. Its lock ends with it, however it ends."""
    life = _life(settings)
    if not life.exists() or not is_held(life):
        return None
    try:
        return Note.model_validate_json(_note_file(settings).read_bytes())
    except FileNotFoundError:  # it has begun or ended just now
        return None


@contextmanager
def sole_process(settings: Settings, url: str, idle_s: float = 0.0) -> Iterator[None]:
    """Be the process that serves this home during the block; SetupError where another is."""
    life, note = _life(settings), _note_file(settings)
    life.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with life.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = who_serves(settings)
            where = f" at {other.url} by process {other.pid}" if other else ""
            raise SetupError(
                f"Expected nobody to serve the pages of {settings.home}, was served{where}: use those, or end it"
            ) from None
        mine = Note(pid=os.getpid(), url=url, idle_s=idle_s)
        replace_file(note, mine.model_dump_json().encode(), private=True)
        try:
            yield
        finally:
            note.unlink(missing_ok=True)


class Looked:
    """ASGI middleware that knows since when nobody looks: no request is open, and none has begun."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._open = 0
        self._since = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._open += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open -= 1
            self._since = time.monotonic()

    @property
    def idle_s(self) -> float:
        return 0.0 if self._open else time.monotonic() - self._since


def end_when_idle(settings: Settings, looked: Looked, idle_s: float, end: Callable[[], None]) -> None:
    """Call `end`, from a thread, once nobody has looked for so long, or the home was removed."""
    note = _note_file(settings)

    def watch() -> None:
        while looked.idle_s <= idle_s and note.exists():
            time.sleep(min(_POLL_S, idle_s))
        end()

    threading.Thread(target=watch, daemon=True, name="idle").start()


def _life(settings: Settings) -> Path:
    return settings.pages_home / "life.lock"


def _note_file(settings: Settings) -> Path:
    return settings.pages_home / "process.json"
