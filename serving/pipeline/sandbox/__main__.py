"""`python -m serving.pipeline.sandbox '{"symbol": ..., "day": ...}'`: started by the pages, ends with them.

Orders come as lines of JSON on standard input, whose end is the order to end: the pages' own end, however it came,
closes it. What it says is a line of JSON each.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from serving.pipeline.sandbox.asked import Asked, Order, Said
from serving.pipeline.sandbox.replay import Replay
from ticklake_assets.core.errors import TicklakeError
from ticklake_assets.environment import take_environment
from ticklake_assets.files import is_held
from ticklake_assets.research import open_lake
from ticklake_client import ClientError

_ENDS_WITHIN_S = 10.0
_BEGUN_WITHIN_S = 600.0
"""By then a sandbox has read its day, and its endpoint holds its lock."""


def main(asked: Asked) -> None:
    """Play the day in a folder that is gone at the end."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    with suppress(BrokenPipeError):
        try:
            with open_lake() as lake, TemporaryDirectory(dir=_swept(lake.settings.pages_home)) as name:
                asyncio.run(_played(Replay(lake, asked, Path(name), _tell), Path(name)))
        except (TicklakeError, ClientError, OSError) as error:
            _tell(Said(state="failed", about=str(error) or type(error).__name__))


def _swept(home: Path) -> Path:
    """Where sandboxes lie, without those of processes that were killed."""
    place = home / "sandboxes"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in place.iterdir():
        lock = folder / "endpoint" / "endpoint.lock"
        with suppress(OSError):  # its own process removes it just now
            is_old = time.time() - folder.stat().st_mtime > _BEGUN_WITHIN_S
            if is_old and not (lock.exists() and is_held(lock)):
                shutil.rmtree(folder, ignore_errors=True)
    return place


async def _played(replay: Replay, folder: Path) -> None:
    """Play until it fails or the pages end it."""
    loop, playing = asyncio.get_running_loop(), asyncio.create_task(replay.run())

    def heard(line: str) -> None:
        loop.call_soon_threadsafe(replay.obey, Order.model_validate_json(line))

    def ended() -> None:
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(playing.cancel)
        time.sleep(_ENDS_WITHIN_S)  # the disk or a library may keep the loop from hearing it
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)

    threading.Thread(target=_listen, args=(heard, ended), daemon=True).start()
    with suppress(asyncio.CancelledError):
        await playing


def _listen(heard: Callable[[str], None], ended: Callable[[], None]) -> None:
    rest = b""
    while data := os.read(0, 65536):  # not sys.stdin: its lock would keep the process from ending
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            heard(line.decode())
    ended()


def _tell(said: Said) -> None:
    print(said.model_dump_json(), flush=True)


if __name__ == "__main__":
    take_environment()
    main(Asked.model_validate_json(sys.argv[1]))
