"""What is written and run to start a bridge with its machine; Windows' own programs are not here to take it."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from subprocess import list2cmdline

import pytest
from typer.testing import CliRunner

from mt5_bridge.cli import app
from mt5_bridge.errors import SetupError
from mt5_bridge.people.autostart import Autostart, Kind

AWKWARD = Path("/a folder/50% of $HOME & <more>/bridge.toml")
TASKS = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def test_a_task_runs_the_bridge_with_its_configuration() -> None:
    plan = Autostart(Kind.TASK, "eur", AWKWARD).install()
    assert plan.file == AWKWARD.with_name("eur.task.xml")
    assert plan.commands == (("schtasks", "/Create", "/TN", "eur", "/XML", str(plan.file), "/F"),)
    task = ET.fromstring(plan.content.decode("utf-16"))
    run = {part.tag.removeprefix(TASKS): part.text for part in task.findall(f".//{TASKS}Exec/*")}
    arguments = list2cmdline(["-m", "mt5_bridge.cli", "run", "--config", str(AWKWARD)])
    assert run == {
        "Command": sys.executable,
        "Arguments": arguments,
        "WorkingDirectory": str(AWKWARD.parent),
    }
    assert task.findtext(f".//{TASKS}MultipleInstancesPolicy") == "IgnoreNew"
    assert task.findtext(f".//{TASKS}ExecutionTimeLimit") == "PT0S"  # a day's limit would end it


def test_a_service_is_hosted_by_this_python() -> None:
    create, again, start = Autostart(Kind.SERVICE, "eur", AWKWARD).install().commands
    assert create[:4] == ("sc", "create", "eur", "binPath=")
    host = [sys.executable, "-m", "mt5_bridge.commands.windows_service", "eur", "--config", str(AWKWARD)]
    assert create[4] == list2cmdline(host)
    assert "restart/60000" in again
    assert start == ("sc", "start", "eur")


@pytest.mark.parametrize("kind", list(Kind))
def test_real_money_is_allowed_by_word(kind: Kind) -> None:
    def said(*, live: bool) -> bool:
        plan = Autostart(kind, "eur", AWKWARD, live).install()
        text = plan.content.decode("utf-16" if kind is Kind.TASK else "utf-8")
        return "--live" in text + str(plan.commands)

    assert said(live=True)
    assert not said(live=False)


@pytest.mark.skipif(sys.platform == "win32", reason="systemd is Linux's")
def test_a_unit_keeps_what_systemd_would_expand() -> None:
    plan = Autostart(Kind.SYSTEMD, "eur", AWKWARD).install()
    assert plan.file == Path.home() / ".config/systemd/user/eur.service"
    lines = plan.content.decode().splitlines()
    assert f'ExecStart="{sys.executable}" "-m" "mt5_bridge.cli" "run" "--config" ' in plan.content.decode()
    [start] = [line for line in lines if line.startswith("ExecStart=")]
    assert start.endswith('"/a folder/50%% of $$HOME & <more>/bridge.toml"')
    assert "WorkingDirectory=/a folder/50%% of $HOME & <more>" in lines


@pytest.mark.parametrize("kind", list(Kind))
def test_what_was_installed_can_be_removed(kind: Kind) -> None:
    entry = Autostart(kind, "eur", AWKWARD)
    program = entry.install().commands[-1][0]
    assert {command[0] for command in entry.remove().commands} == {program}
    assert entry.state()[0] == program


@pytest.mark.parametrize("name", ["", "Eur", "a b", "a/b", "-a", "a" * 64])
def test_a_name_that_a_system_would_take_amiss_is_refused(name: str) -> None:
    with pytest.raises(SetupError, match="Expected a name of small letters"):
        Autostart(Kind.TASK, name, AWKWARD)


def test_show_does_nothing(tmp_path: Path) -> None:
    config = tmp_path / "bridge.toml"
    config.touch()
    done = CliRunner().invoke(
        app, ["service", "install", "--config", str(config), "--kind", "task", "--show"]
    )
    assert done.exit_code == 0, done.output
    assert "runs schtasks /Create" in done.output
    assert list(tmp_path.iterdir()) == [config]


def test_a_system_without_the_program_is_one_line(tmp_path: Path) -> None:
    config = tmp_path / "bridge.toml"
    config.touch()
    kind, absent = ("systemd", "systemctl") if sys.platform == "win32" else ("task", "schtasks")
    done = CliRunner().invoke(app, ["service", "install", "--config", str(config), "--kind", kind])
    assert done.exit_code == 1
    assert f"Expected the program {absent} of this system, was absent" in done.output
    assert list(tmp_path.iterdir()) == [config]
