"""The pages as a process that a demo leaves and others take over: with the real program."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from serving.pipeline.living import sole_process, who_serves
from ticklake_assets.core.errors import SetupError
from ticklake_assets.instance.pages import end_left, leave_pages, make_room, running_pages
from ticklake_assets.loopback import free_port
from ticklake_assets.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    found = Settings(home=tmp_path, pages_url=f"http://127.0.0.1:{free_port()}", pages_idle_s=60)
    yield found
    if left := who_serves(found):
        with suppress(psutil.NoSuchProcess):
            psutil.Process(left.pid).kill()


def environment_of(settings: Settings) -> dict[str, str]:
    return {**os.environ, "TICKLAKE_HOME": str(settings.home), "TICKLAKE_PAGES_URL": settings.pages_url}


def test_what_a_demo_leaves_makes_room_for_those_who_come(settings: Settings) -> None:
    assert leave_pages(settings, environment_of(settings)) == who_serves(settings)
    left = who_serves(settings)
    assert left is not None
    assert left.idle_s == 60
    assert httpx.get(f"{settings.pages_url}/healthz", trust_env=False).is_success
    assert psutil.Process(left.pid).ppid() in (1, os.getpid()), "it is nobody's child but ours"
    assert os.getsid(left.pid) == left.pid, "Ctrl-C of a terminal does not reach it"
    with running_pages(settings, {"TICKLAKE_HOME": str(settings.home)}) as (url, process):
        assert url == settings.pages_url
        assert process is not None
        now = who_serves(settings)
        assert now is not None
        assert (now.pid, now.idle_s) == (process.pid, 0)
        assert make_room(settings) == now, "nobody ends what another command runs"
    assert who_serves(settings) is None


def test_another_program_at_the_port_is_named(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", int(settings.pages_url.rpartition(":")[2]))):
        told = rf"was taken by .*\(process {os.getpid()}\): end that program, or set TICKLAKE_PAGES_URL"
        with pytest.raises(SetupError, match=told):
            make_room(settings)


def test_a_process_that_only_bears_its_number_is_left_alone(settings: Settings) -> None:
    """This one holds the lock and serves no pages: it is ended by nobody."""
    with sole_process(settings, settings.pages_url, idle_s=60):
        end_left(settings)
        assert who_serves(settings) is not None
