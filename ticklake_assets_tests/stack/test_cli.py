"""`ticklake stack` as it is typed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from stack.process import is_alive
from stack.site import Site
from ticklake_assets.cli import app
from ticklake_assets.environment import environment_file


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("TICKLAKE_HOME", str(tmp_path))
    monkeypatch.setenv("TICKLAKE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "160")
    yield tmp_path
    stack("down")


def stack(*words: str) -> Result:
    return CliRunner().invoke(app, ["stack", *words])


def test_a_life(home: Path) -> None:
    up = stack("up", "seaweedfs")
    assert up.exit_code == 0, up.output
    site = Site.open(home / "stack")
    assert f"http://127.0.0.1:{site.port('s3')}" in up.stdout
    assert str(environment_file(home)) in up.stdout
    assert "healthy" in stack("status").stdout

    process = site.process("seaweedfs")
    assert process
    os.kill(process.pid, signal.SIGKILL)
    assert " dead " in stack("status").stdout
    assert stack("up", "seaweedfs").exit_code == 0
    assert is_alive(Site.open(home / "stack").process("seaweedfs"))

    assert stack("logs", "seaweedfs").stdout.count("Starting SeaweedFS Mini") == 2
    down = stack("down")
    assert down.stdout == "stopped seaweedfs\n"
    assert not environment_file(home).exists()
    assert (home / "stack" / "seaweedfs" / "data").exists()
    wiped = stack("down", "--wipe")
    assert wiped.stdout == f"removed {home / 'stack'}\n"
    assert not (home / "stack").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["up", "minio"], "Expected a service of seaweedfs"),
        (["down", "minio"], "Expected a service of seaweedfs"),
        (["down", "seaweedfs", "--wipe"], "Expected --wipe without names"),
        (["logs", "minio"], "Expected a service of seaweedfs"),
        (["logs", "postgres"], "postgres has never started here"),
    ],
)
def test_what_cannot_be_is_one_line(home: Path, words: list[str], said: str) -> None:
    answer = stack(*words)
    assert answer.exit_code == 1
    assert said in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_looking_changes_nothing(home: Path) -> None:
    assert stack("status").exit_code == 0
    stack("doctor")
    assert list(home.iterdir()) == []


def test_down_of_one_takes_along_what_needs_it_and_says_what_is_embedded_again(home: Path) -> None:
    assert stack("up", "postgres", "seaweedfs").exit_code == 0
    lines = stack("down", "postgres").stdout.splitlines()
    assert lines == [
        "stopped postgres",
        "commands go on with what is still up, and with HOME instead of TICKLAKE_CATALOG_URI, TICKLAKE_DAGSTER_URL",
    ]
    assert stack("down").stdout == "stopped seaweedfs\n"


def test_a_lost_stack_json_is_one_line_and_can_be_wiped(home: Path) -> None:
    assert stack("up", "postgres", "seaweedfs").exit_code == 0
    site = Site.open(home / "stack")
    (home / "stack" / "stack.json").write_text("")
    for words in (["status"], ["up", "seaweedfs"], ["down"]):
        answer = stack(*words)
        assert answer.exit_code == 1
        assert "stack.json. Expected the ports, secrets" in answer.stderr
        assert answer.stderr.count("\n") == 1
    assert is_alive(site.process("seaweedfs"))
    wiped = stack("down", "--wipe")
    assert wiped.exit_code == 0, wiped.output
    assert not any(is_alive(site.process(name)) for name in ("seaweedfs", "postgres"))
    assert [path.name for path in home.iterdir()] == ["stack.lock"]


def test_a_folder_stack_of_something_else_is_spared(home: Path) -> None:
    """TICKLAKE_HOME=. in the repository would make the package `stack` the folder that --wipe removes."""
    source = home / "stack" / "cli.py"
    source.parent.mkdir()
    source.touch()
    for words in (["up", "seaweedfs"], ["down", "--wipe"]):
        answer = stack(*words)
        assert answer.exit_code == 1
        assert "set TICKLAKE_HOME" in answer.stderr
    assert source.exists()
