from __future__ import annotations

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stack.process import Identity
from stack.site import SILENT_S, Site
from ticklake_assets.core.errors import SetupError
from ticklake_assets_tests.stack.scripted import new_site


def test_what_it_has_picked_it_keeps(tmp_path: Path) -> None:
    site = new_site(tmp_path)
    site.remember("weed", Identity(17, 4))
    picked = site.port("s3"), site.secret("s3"), site.process("weed")
    again = new_site(tmp_path)
    assert (again.port("s3"), again.secret("s3"), again.process("weed")) == picked
    assert again.kept_port("s3") == picked[0]
    again.forget(["weed"])
    assert new_site(tmp_path).process("weed") is None


def test_a_port_that_nobody_has_asked_for_is_not_picked(tmp_path: Path) -> None:
    assert new_site(tmp_path).kept_port("s3") is None


def test_secrets_are_long_different_and_private(tmp_path: Path) -> None:
    site = new_site(tmp_path)
    assert len({site.secret("a"), site.secret("b")}) == 2
    assert len(site.secret("a")) == 40
    assert (site.folder / "stack.json").stat().st_mode & 0o777 == 0o600
    assert site.folder_of("a").stat().st_mode & 0o777 == 0o700
    assert site.folder.stat().st_mode & 0o777 == 0o700


def test_threads_get_ports_of_their_own_and_all_are_kept(tmp_path: Path) -> None:
    site, names = new_site(tmp_path), [f"port-{number}" for number in range(24)]
    meeting = threading.Barrier(len(names))

    def ask(name: str) -> int:
        meeting.wait()
        return site.port(name)

    with ThreadPoolExecutor(len(names)) as pool:
        ports = list(pool.map(ask, names))
    assert len(set(ports)) == len(names)
    assert json.loads((site.folder / "stack.json").read_text())["ports"] == dict(
        zip(names, ports, strict=True)
    )


def test_a_command_waits_for_the_other_and_sees_what_it_did(tmp_path: Path) -> None:
    site = new_site(tmp_path)
    other = f"""
from pathlib import Path
from stack.process import Identity
from stack.site import Site
site = Site.open(Path({str(site.folder)!r}), Path({str(site.cache)!r}))
with site.locked():
    print("in", flush=True)
    input()
    site.remember("weed", Identity(17, 4))
"""
    process = subprocess.Popen(
        [sys.executable, "-c", other], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "in\n"
    entered = threading.Event()
    seen: list[Identity | None] = []
    said: list[str] = []
    site.say = said.append

    def enter() -> None:
        with site.locked():
            seen.append(site.process("weed"))
            entered.set()

    thread = threading.Thread(target=enter)
    thread.start()
    assert not entered.wait(SILENT_S / 2)
    assert said == []
    assert not entered.wait(SILENT_S)
    assert said == [f"waiting for another command that changes the stack in {site.folder}"]
    process.communicate("\n")
    assert entered.wait(10)
    thread.join()
    assert seen == [Identity(17, 4)]


def test_the_lock_outlives_the_folder(tmp_path: Path) -> None:
    site = new_site(tmp_path)
    site.secret("s3")
    with site.locked():
        (site.folder / "stack.json").unlink()
        site.folder.rmdir()
        assert [path.name for path in site.home.iterdir()] == ["stack.lock"]


def test_a_folder_of_something_else_is_no_stack(tmp_path: Path) -> None:
    (tmp_path / "stack").mkdir()
    (tmp_path / "stack" / "cli.py").write_text("")
    with pytest.raises(SetupError, match="set TICKLAKE_HOME"):
        Site.open(tmp_path / "stack", tmp_path / "cache")


def test_two_may_begin_in_one_folder_at_once(tmp_path: Path) -> None:
    """Neither takes what the other has begun for something else."""

    def begin(folder: Path) -> None:
        for _ in range(3):
            Site.open(folder).folder_of("one")

    with ThreadPoolExecutor(3) as threads:
        for number in range(30):
            list(threads.map(begin, [tmp_path / str(number) / "stack"] * 3))


def test_a_command_that_changes_nothing_writes_nothing(tmp_path: Path) -> None:
    site = new_site(tmp_path)
    with site.locked():
        pass
    assert not site.folder.exists()
    site.secret("s3")
    before = (site.folder / "stack.json").stat().st_mtime_ns
    with site.locked():
        site.secret("s3")
        site.folder_of("weed")
    assert (site.folder / "stack.json").stat().st_mtime_ns == before


def test_the_first_folder_of_a_service_is_one_of_a_stack(tmp_path: Path) -> None:
    new_site(tmp_path).folder_of("weed")
    assert new_site(tmp_path).process("weed") is None


def test_a_new_process_has_not_settled(tmp_path: Path) -> None:
    site = new_site(tmp_path)
    site.remember("weed", Identity(17, 4))
    assert not site.is_settled("weed")
    site.note_settled("weed")
    assert new_site(tmp_path).is_settled("weed")
    site.remember("weed", Identity(18, 4))
    assert not new_site(tmp_path).is_settled("weed")


@pytest.mark.parametrize(("text", "was"), [("", "was empty"), ('{"ports": {', "was Expecting")])
def test_a_file_that_cannot_be_read_is_one_line_unless_all_of_it_shall_go(
    text: str, was: str, tmp_path: Path
) -> None:
    site = new_site(tmp_path)
    site.secret("s3")
    (site.folder / "stack.json").write_text(text)
    with pytest.raises(SetupError, match=was) as raised:
        new_site(tmp_path)
    assert "stack down --wipe" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert Site.open(site.folder, site.cache, to_wipe=True).process("weed") is None
