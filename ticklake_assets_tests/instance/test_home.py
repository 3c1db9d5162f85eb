from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import dagster as dg
import psutil
import pytest
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._core.test_utils import create_run_for_test
from dagster._daemon.types import DaemonHeartbeat
from typer.testing import CliRunner

from ticklake_assets.cli import app
from ticklake_assets.core.errors import SetupError
from ticklake_assets.files import locked
from ticklake_assets.instance.home import (
    IN_USE,
    SILENCE_S,
    daemon,
    end_dead_runs,
    is_daemon_alive,
    open_instance,
)
from ticklake_assets.instance.in_process_runs import PROCESS_TAG, process_tag
from ticklake_assets.settings import Settings

STARTED = dg.DagsterRunStatus.STARTED


def beat(instance: dg.DagsterInstance, age_s: float) -> None:
    """Every part of a daemon was heard of so many seconds ago."""
    for part in instance.get_required_daemon_types():
        instance.add_daemon_heartbeat(DaemonHeartbeat(time.time() - age_s, part, "some-daemon", errors=[]))


def test_a_new_home_has_the_projects_instance_and_no_daemon(tmp_path: Path) -> None:
    with open_instance(Settings(home=tmp_path / "new")) as instance:
        assert instance.run_monitoring_enabled
        assert not is_daemon_alive(instance)


def test_a_daemon_that_fell_silent_is_not_taken_for_alive(tmp_path: Path) -> None:
    with open_instance(Settings(home=tmp_path)) as instance:
        alive = {}
        for age_s in (0, SILENCE_S, 2 * SILENCE_S):
            beat(instance, age_s)
            alive[age_s] = is_daemon_alive(instance)
        assert alive == {0: True, SILENCE_S: True, 2 * SILENCE_S: False}


def test_a_running_daemon_is_used_and_left_running(tmp_path: Path) -> None:
    with open_instance(Settings(home=tmp_path)) as instance:
        beat(instance, 1)
        with daemon(instance, tmp_path) as used:
            assert not used.is_ours
        assert is_daemon_alive(instance)


USE = """
import sys
from pathlib import Path
from ticklake_assets.instance.home import daemon, open_instance
from ticklake_assets.settings import Settings
settings = Settings(home=Path(sys.argv[1]))
with open_instance(settings) as instance, daemon(instance, settings.dagster_home) as used:
    print(used.is_ours, flush=True)
    sys.stdin.readline()
"""


@pytest.mark.slow
def test_a_daemon_is_stopped_by_the_command_that_started_it_once_no_other_uses_it(tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-c", USE, str(tmp_path)]
    with ExitStack() as ended:
        commands = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        said = {line_of(ended.enter_context(each)): each for each in commands}
        assert said.keys() == {"True", "False"}, "at the same moment, and still one starts it"
        first, second = said["True"], said["False"]
        end(first)
        assert line_of(first) == IN_USE
        with open_instance(Settings(home=tmp_path)) as instance:
            assert is_daemon_alive(instance)
            end(second)
            assert (second.wait(60), first.wait(60)) == (0, 0)
            assert not is_daemon_alive(instance)


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


@pytest.mark.slow
def test_a_daemon_that_was_stopped_is_started_again_at_once(tmp_path: Path) -> None:
    with open_instance(Settings(home=tmp_path)) as instance:
        for _ in range(2):
            with daemon(instance, tmp_path) as used:
                assert used.is_ours
                assert is_daemon_alive(instance)
            assert not is_daemon_alive(instance)


@pytest.mark.slow
def test_a_daemon_that_was_killed_is_dead_at_once_and_started_again(tmp_path: Path) -> None:
    """Its last heartbeats are seconds old and would be believed for two minutes."""
    with open_instance(Settings(home=tmp_path)) as instance:
        with daemon(instance, tmp_path) as used:
            assert not used.revive()
            kill(daemons_of(tmp_path))
            assert not is_daemon_alive(instance)
            assert used.revive()
            assert is_daemon_alive(instance)
        assert not daemons_of(tmp_path)


def test_a_daemon_that_was_killed_is_dead_at_once(tmp_path: Path) -> None:
    """As above, by what tells it alone: a lock, and a process that holds it."""
    with open_instance(Settings(home=tmp_path)) as instance:
        life = Path(instance.root_directory) / "daemon.life.lock"
        with subprocess.Popen(
            [sys.executable, "-c", HOLD, str(life)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert line_of(process) == "held"
            beat(instance, 0)
            assert is_daemon_alive(instance)
            process.kill()
        assert not is_daemon_alive(instance)


HOLD = """
import fcntl, sys, time
with open(sys.argv[1], "w") as life:
    fcntl.flock(life, fcntl.LOCK_EX)
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.slow
def test_after_a_command_and_its_daemon_were_killed_the_next_starts_one(tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-c", USE, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert line_of(first) == "True"
        first.kill()
        kill(daemons_of(tmp_path))
    said: list[str] = []
    with (
        open_instance(Settings(home=tmp_path)) as instance,
        daemon(instance, tmp_path, lambda text: said.append(str(text))) as used,
    ):
        assert used.is_ours
        assert is_daemon_alive(instance)
    assert said == ["a daemon was killed or is not ours: waiting 35 s for a sign of life"]


def test_a_daemon_of_somebody_else_shows_itself_by_its_next_sign_of_life(tmp_path: Path) -> None:
    """Started by hand on a home where one of ours was once."""
    with open_instance(Settings(home=tmp_path)) as instance:
        (Path(instance.root_directory) / "daemon.life.lock").touch()
        beat(instance, 20)
        assert not is_daemon_alive(instance)
        beating = threading.Timer(0.3, beat, [instance, 0])
        beating.start()
        with daemon(instance, tmp_path) as used:
            assert not used.is_ours
        beating.join()
        assert is_daemon_alive(instance)


def test_a_daemon_that_has_just_begun_is_waited_for(tmp_path: Path) -> None:
    """The stack's holds its lock for seconds before it is heard of."""
    said: list[object] = []
    with (
        open_instance(Settings(home=tmp_path)) as instance,
        locked(Path(instance.root_directory) / "daemon.life.lock"),
    ):
        beating = threading.Timer(0.3, beat, [instance, 0])
        beating.start()
        with daemon(instance, tmp_path, said.append) as used:
            assert not used.is_ours
        beating.join()
    assert said == ["a daemon lives and says nothing yet: waiting 120 s for a sign of life"]


def test_a_daemon_that_lives_and_is_never_heard_of_is_an_error(tmp_path: Path) -> None:
    with (
        open_instance(Settings(home=tmp_path)) as instance,
        locked(Path(instance.root_directory) / "daemon.life.lock"),
        pytest.raises(
            SetupError, match=r"Expected a sign of life of the Dagster daemon that holds .*life\.lock"
        ),
        daemon(instance, tmp_path, patience_s=0.5),
    ):
        pass


GONE = {
    "a command": {PROCESS_TAG: process_tag()[PROCESS_TAG].rsplit(":", 1)[0] + ":1.00"},
    "a daemon": {GRPC_INFO_TAG: '{"host": "localhost", "socket": "/nowhere/at/all"}'},
}


@pytest.mark.parametrize(
    "command", [["retry", "--all"], ["backfill", "SYNEUR", "2024-01-01", "2024-01-01", "--no-wait"]]
)
def test_a_command_that_launches_ends_the_runs_without_a_process_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """No sensor and no daemon is there to do so: they would be shown as running for hours."""
    monkeypatch.setenv("TICKLAKE_HOME", str(tmp_path))
    with open_instance(Settings(home=tmp_path)) as instance:
        runs = {
            whose: create_run_for_test(instance, "job", tags=tags, status=STARTED).run_id
            for whose, tags in {**GONE, "this process": process_tag()}.items()
        }
        answer = CliRunner().invoke(app, command)
        assert answer.exit_code == 0, answer.output
        assert {whose for whose in runs if status_of(instance, runs[whose]) is STARTED} == {"this process"}


def test_a_living_daemon_sees_to_its_own_runs(tmp_path: Path) -> None:
    with open_instance(Settings(home=tmp_path)) as instance:
        run = create_run_for_test(instance, "job", tags=GONE["a daemon"], status=STARTED)
        beat(instance, 0)
        end_dead_runs(instance)
        assert status_of(instance, run.run_id) is STARTED


def status_of(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def daemons_of(home: Path) -> list[psutil.Process]:
    """Daemons whose output goes to the home's log."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if any("dagster-daemon" in word for word in process.cmdline()) and str(home) in str(
                Path(f"/proc/{process.pid}/fd/1").readlink()
            ):
                found.append(process)
    return found


def kill(processes: list[psutil.Process]) -> None:
    assert processes
    for process in processes:
        process.kill()
    psutil.wait_procs(processes, timeout=10)
