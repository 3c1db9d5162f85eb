from __future__ import annotations

import asyncio
import os
import shutil
import threading
import time
from pathlib import Path

import pytest
from starlette.types import Message, Receive, Scope, Send

from serving.pipeline.living import Looked, Note, end_when_idle, sole_process, who_serves
from ticklake_assets.core.errors import SetupError
from ticklake_assets.settings import Settings

URL = "http://127.0.0.1:8760"


def test_a_home_is_served_by_one_process_which_says_who_it_is(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert who_serves(settings) is None
    with sole_process(settings, URL, idle_s=60):
        assert who_serves(settings) == Note(pid=os.getpid(), url=URL, idle_s=60)
        told = (
            f"Expected nobody to serve the pages of {tmp_path}, was served at {URL} by process {os.getpid()}"
        )
        with pytest.raises(SetupError, match=told), sole_process(settings, "http://127.0.0.1:1"):
            pass
        assert who_serves(settings) is not None, "who was refused has changed nothing"
    assert who_serves(settings) is None


def test_a_note_of_one_that_was_killed_says_nothing(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with sole_process(settings, URL):
        note = (tmp_path / "pages" / "process.json").read_bytes()
    (tmp_path / "pages" / "process.json").write_bytes(note)
    assert who_serves(settings) is None


async def _nothing() -> Message:
    return {"type": "http.request"}


async def _no_one(_: Message) -> None:
    return None


def test_an_open_request_is_no_idleness() -> None:
    seen: list[float] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0.05)
        seen.append(looked.idle_s)

    looked = Looked(app)
    time.sleep(0.01)
    assert looked.idle_s > 0
    asyncio.run(looked({"type": "http"}, _nothing, _no_one))
    assert seen == [0.0]
    assert looked.idle_s < 0.05


@pytest.mark.parametrize("idle_s", [0.1, 3600.0], ids=["idle", "home removed"])
def test_it_ends_when_nobody_looks_or_the_home_is_gone(tmp_path: Path, idle_s: float) -> None:
    settings, ended = Settings(home=tmp_path / "home"), threading.Event()
    looked = Looked(lambda scope, receive, send: asyncio.sleep(0))
    with sole_process(settings, URL, idle_s):
        if idle_s > 1:
            shutil.rmtree(settings.home)
        end_when_idle(settings, looked, idle_s, ended.set)
        assert ended.wait(5)
