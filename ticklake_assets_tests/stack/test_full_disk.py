"""Stopping on a full disk, which is when it is needed most."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from stack import supervisor
from stack.process import is_alive
from ticklake_assets.environment import environment_file, read_environment
from ticklake_assets_tests.small_disks import FULL
from ticklake_assets_tests.stack.scripted import Scripted, bring_up, new_site, process_of


def down_on_a_full_disk(folder: Path, names: list[str], then: str = "") -> subprocess.CompletedProcess[str]:
    code = f"""
from pathlib import Path
from stack import supervisor
from ticklake_assets_tests.stack.scripted import Scripted, new_site
{FULL}
site = new_site(Path({str(folder)!r}))
supervisor.down(site, [Scripted(name) for name in {names!r}])
{then}
"""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_all_are_stopped_and_offered_no_more(tmp_path: Path) -> None:
    site, one, two = new_site(tmp_path), Scripted("one"), Scripted("two")
    bring_up(site, one, two)
    processes = process_of(site, one), process_of(site, two)
    answer = down_on_a_full_disk(tmp_path, ["one", "two"])
    assert answer.returncode == 0, answer.stderr
    assert not any(is_alive(process) for process in processes)
    assert not environment_file(site.home).exists()
    assert not [path for path in site.folder.iterdir() if path.name.startswith(".")]


def test_all_can_be_wiped(tmp_path: Path) -> None:
    site, one = new_site(tmp_path), Scripted("one")
    bring_up(site, one)
    answer = down_on_a_full_disk(tmp_path, ["one"], then="supervisor.wipe(site)")
    assert answer.returncode == 0, answer.stderr
    assert not site.folder.exists()


def test_one_is_stopped_and_the_file_that_still_offers_it_is_named(tmp_path: Path) -> None:
    site, one, two = new_site(tmp_path), Scripted("one"), Scripted("two")
    bring_up(site, one, two)
    process = process_of(site, one)
    answer = down_on_a_full_disk(tmp_path, ["one"])
    assert f"OSError: [Errno 27] File too large: '{environment_file(site.home)}'" in answer.stderr
    assert not is_alive(process)
    assert [service.name for service in supervisor.down(new_site(tmp_path), [one, two])] == ["one", "two"]
    assert read_environment(site.home) == {}
