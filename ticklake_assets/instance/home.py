"""The Dagster instance under HOME, its daemon and its web server."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import dagster as dg
from dagster._core.storage.dagster_run import IN_PROGRESS_RUN_STATUSES
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._daemon.controller import all_daemons_live
from dagster_postgres.utils import DagsterPostgresException
from sqlalchemy import create_engine

from ticklake_assets.core.errors import SetupError
from ticklake_assets.files import hold_alone, is_held, locked
from ticklake_assets.instance.configuration import PROJECT, write_instance
from ticklake_assets.instance.in_process_runs import end_orphans, note_as_dead
from ticklake_assets.instance.processes import own_program, running
from ticklake_assets.loopback import is_listening
from ticklake_assets.settings import Settings
from ticklake_assets.storage.database_errors import explained_database_errors

WORKSPACE = PROJECT / "workspace.yaml"

SILENCE_S = 120.0
"""Without a heartbeat for so long a daemon is dead. Dagster's own half hour takes one that was killed for alive."""
BEAT_S = 35.0
"""A living daemon is heard of every 30 s."""
IN_USE = "waiting for other commands that use the Dagster daemon of this one; Ctrl-C stops it, and their runs"


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """Open the instance that the settings describe; its home is made when it is new."""
    home = write_instance(settings)
    os.environ["DAGSTER_HOME"] = str(home)
    with explained_instance_errors(settings):
        if settings.dagster_url:  # Dagster itself would try six times, and say so each time
            create_engine(settings.dagster_url, connect_args={"connect_timeout": 10}).connect().close()
        with locked(home / "open.lock"):  # of two that make a new database at once, one would fail
            return dg.DagsterInstance.from_config(str(home))


def open_to_launch(settings: Settings) -> dg.DagsterInstance:
    """Open it for a command that launches runs or asks for them; those whose process is gone are noted as failed."""
    instance = open_instance(settings)
    with explained_instance_errors(settings):
        end_dead_runs(instance)
    return instance


@contextmanager
def explained_instance_errors(settings: Settings) -> Iterator[None]:
    """Say what is wrong with Dagster's database: TransientError or SetupError, one line."""
    uri = settings.dagster_url or f"sqlite:///{settings.dagster_home}"
    setting = "TICKLAKE_DAGSTER_URL" if settings.dagster_url else "TICKLAKE_HOME"
    with explained_database_errors("Dagster's database", setting, uri):
        try:
            yield
        except DagsterPostgresException as error:
            raise error.__cause__ or error from None


def daemon_command() -> list[str]:
    return [own_program("dagster-daemon"), "run", "-w", str(WORKSPACE)]


def webserver_command(port: int) -> list[str]:
    return [own_program("dagster-webserver"), "-h", "127.0.0.1", "-p", str(port), "-w", str(WORKSPACE)]


class Daemon:
    """The daemon that a command uses: its own, or one that was there."""

    def __init__(
        self, instance: dg.DagsterInstance, home: Path, say: Callable[[str], object], patience_s: float
    ) -> None:
        self._instance, self._home, self._say, self._patience_s = instance, home, say, patience_s
        self._started = ExitStack()
        self.is_ours = False

    def revive(self) -> bool:
        """Start a daemon where none is alive; returns whether this call had to.

        SetupError where the process of one lives and is not heard of: two at once would launch every run twice.
        """
        with locked(self._home / "daemon.start.lock"):  # two that find none at once must not start two
            if is_daemon_alive(self._instance) or self._is_anothers():
                return False
            self.stop()
            if self._comes_to_life():
                return False
            forget_the_dead(self._instance)
            self._started.callback(forget_the_dead, self._instance)
            self._started.enter_context(
                running(
                    daemon_command(),
                    self._home / "daemon.log",
                    partial(is_daemon_alive, self._instance),
                    timeout_s=120,
                    holds=_life(self._instance),
                )
            )
            self.is_ours = True
            return True

    def stop(self) -> None:
        """End what this command has started."""
        self._started.close()

    def _comes_to_life(self) -> bool:
        """Whether a daemon whose process lives is heard of soon: it has just begun, or the machine was asleep."""
        life, patience_s = _life(self._instance), self._patience_s
        deadline = time.monotonic() + patience_s
        if not life.exists() or not is_held(life):
            return False
        self._say(f"a daemon lives and says nothing yet: waiting {patience_s:g} s for a sign of life")
        while is_held(life):
            if _was_heard_of(self._instance):
                return True
            if time.monotonic() > deadline:
                raise SetupError(
                    f"Expected a sign of life of the Dagster daemon that holds {life}, was none for {patience_s:g} s: "
                    "look into its log, and end it"
                )
            time.sleep(0.5)
        return False

    def _is_anothers(self) -> bool:
        """Whether the signs of life are of a daemon that somebody started by hand, and not those of a dead one."""
        life = _life(self._instance)
        if not _was_heard_of(self._instance):
            return False
        self._say(f"a daemon was killed or is not ours: waiting {BEAT_S:.0f} s for a sign of life")
        last, deadline = _last_beat(self._instance), time.monotonic() + BEAT_S
        while time.monotonic() < deadline:
            if _last_beat(self._instance) > last:
                life.unlink(missing_ok=True)  # from now on its heartbeats are believed
                return True
            time.sleep(0.5)
        return False


@contextmanager
def daemon(
    instance: dg.DagsterInstance,
    home: Path,
    say: Callable[[str], object] = print,
    patience_s: float = SILENCE_S,
) -> Iterator[Daemon]:
    """See to it that a daemon runs during the block; yields it, which says whether this call had to start it.

    A daemon that is started here ends after the block, once no other command is in such a block, too. So do the runs
    that it has launched and nobody has waited for: they are noted as failed, so that the next daemon tries them again.
    SetupError where the process of one lives and is not heard of for `patience_s`.
    """
    with locked(home / "daemon.lock", shared=True) as used:
        ours = Daemon(instance, home, say, patience_s)
        try:
            ours.revive()
            yield ours
        finally:
            if ours.is_ours:
                hold_alone(used, lambda: say(IN_USE))
            ours.stop()


@contextmanager
def webserver(home: Path, port: int) -> Iterator[str]:
    """Serve the Dagster UI on the loopback interface during the block; yields its address."""
    if is_listening(port):
        raise SetupError(
            f"Expected port {port} to be free for the Dagster UI, was taken: pass another --port"
        )
    with running(webserver_command(port), home / "webserver.log", lambda: is_listening(port), timeout_s=120):
        yield f"http://127.0.0.1:{port}"


def is_daemon_alive(instance: dg.DagsterInstance) -> bool:
    """Whether every part of a daemon was heard of lately, and the process that ticklake started, if it did, lives."""
    life = _life(instance)
    return _was_heard_of(instance) and (not life.exists() or is_held(life))


def live_as_daemon(instance: dg.DagsterInstance) -> None:
    """Take the lock of a living daemon for this process, and for the program that takes its place."""
    descriptor = os.open(_life(instance), os.O_RDWR | os.O_CREAT, 0o644)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.set_inheritable(descriptor, True)


def _life(instance: dg.DagsterInstance) -> Path:
    """The file that a daemon of ours has locked as long as it lives; there once one was started."""
    return Path(instance.root_directory) / "daemon.life.lock"


def _was_heard_of(instance: dg.DagsterInstance) -> bool:
    return all_daemons_live(instance, heartbeat_tolerance_seconds=SILENCE_S)


def _last_beat(instance: dg.DagsterInstance) -> float:
    return max((beat.timestamp for beat in instance.get_daemon_heartbeats().values()), default=0.0)


def forget_the_dead(instance: dg.DagsterInstance) -> None:
    """Remove a dead daemon's signs of life, and end the runs whose processes went down with it."""
    instance.wipe_daemon_heartbeats()
    end_dead_runs(instance)


def end_dead_runs(instance: dg.DagsterInstance) -> None:
    """Note as failed the runs whose process is gone, a command's or one that a dead daemon had launched.

    Dagster would wait for such a run as long as a run may take, and the sensor would leave its days alone. A living
    daemon sees to its own runs.
    """
    end_orphans(instance)
    if is_daemon_alive(instance):
        return
    for run in instance.get_runs(dg.RunsFilter(statuses=IN_PROGRESS_RUN_STATUSES)):
        launcher = run.tags.get(GRPC_INFO_TAG)
        if launcher and not _answers(json.loads(launcher)):
            note_as_dead(instance, run, "The daemon that launched this run was stopped, and the run with it.")


def _answers(server: dict[str, str]) -> bool:
    """Whether the code server that holds a run's process is there."""
    family = socket.AF_UNIX if "socket" in server else socket.AF_INET
    with socket.socket(family) as probe:
        probe.settimeout(1)
        address = server["socket"] if "socket" in server else (server["host"], int(server["port"]))
        return probe.connect_ex(address) == 0
