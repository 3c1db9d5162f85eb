"""The home's own server: one for all who ask, gone when idle, and replaced when it was killed."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from ticklake_assets.core.errors import SetupError
from ticklake_assets.files import is_held
from ticklake_assets.spark.configuration import spark_conf
from ticklake_assets.spark.connect import accepts
from ticklake_assets.spark.home_server import LIFE, HomeServer, offer_file, read_offer
from ticklake_assets_tests.stack.listening import addresses_of

CONF = spark_conf("local[1]", "512m", cores=1)


def keepers(home: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        command = " ".join(process.info["cmdline"] or [])
        if "spark.keeper" in command and str(home) in command:
            found.append(process)
    return found


def command_of(process: psutil.Process) -> str:
    with suppress(psutil.NoSuchProcess):  # a short-lived child of the JVM, or one that nobody has buried yet
        return " ".join(process.cmdline())
    return ""


def has_ended(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until(is_so: Callable[[], bool], patience_s: float = 60.0) -> None:
    deadline = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    for process in keepers(tmp_path):
        with suppress(psutil.NoSuchProcess):
            process.kill()


def address_of(server: HomeServer) -> str:
    with server.leased() as address:
        return address


def test_all_share_one_a_killed_one_is_replaced_and_it_ends_with_its_home(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers = [HomeServer(home, CONF, idle_s=600) for _ in range(3)]
    old, young = (servers[0].folder.parent / name for name in ("0" * 12, "1" * 12))
    for folder in (old, young):
        folder.mkdir(parents=True)
        (folder / LIFE).touch()
    os.utime(old / LIFE, (0, 0))

    with ThreadPoolExecutor(3) as pool:
        first, *others = pool.map(address_of, servers)
    assert others == [first, first]
    assert (old.exists(), young.exists()) == (False, True), "what servers of other code left goes after a day"
    [keeper] = keepers(home)
    family = [keeper, *keeper.children(recursive=True)]

    offer = read_offer(servers[0].folder)
    assert offer is not None
    assert stat.S_IMODE(offer_file(servers[0].folder).stat().st_mode) == 0o600
    assert accepts(f"sc://localhost:{offer.port}", offer.token)
    assert not accepts(f"sc://localhost:{offer.port}", "wrong")
    assert not [process for process in family if offer.token in command_of(process)]
    assert addresses_of(process.pid for process in family) == {"0100007F"}

    keeper.send_signal(signal.SIGKILL)
    wait_until(lambda: all(has_ended(process) for process in family))  # the JVM does not outlive its keeper
    monkeypatch.setenv("SPARK_CONNECT_MODE_ENABLED", "1")  # PySpark's own, in who has worked there once
    monkeypatch.setenv("SPARK_REMOTE", "sc://localhost:1")
    assert address_of(servers[0]) != first
    assert keepers(home) != [keeper]

    shutil.rmtree(home)
    wait_until(lambda: keepers(home) == [])


def test_it_ends_when_nobody_has_used_it_and_never_under_a_lease(home: Path) -> None:
    server = HomeServer(home, CONF, idle_s=0.5)
    with server.leased():
        time.sleep(3)
        assert read_offer(server.folder) is not None
        assert not server.begin()
    wait_until(lambda: not is_held(server.folder / LIFE))
    assert read_offer(server.folder) is None
    assert keepers(home) == []


def test_other_settings_are_another_server(home: Path) -> None:
    folders = {HomeServer(home, CONF | {"spark.driver.memory": memory}, 1).folder for memory in ("1g", "2g")}
    assert len(folders) == 2
    assert {folder.parent for folder in folders} == {home / "spark"}


def test_one_that_does_not_start_says_why(home: Path) -> None:
    server = HomeServer(home, CONF | {"spark.driver.memory": "much"}, idle_s=600)
    with (
        pytest.raises(SetupError, match=r"ended while it started; the end of .*server\.log:\n") as raised,
        server.leased(),
    ):
        pass
    assert "much" in str(raised.value)
    assert keepers(home) == []
