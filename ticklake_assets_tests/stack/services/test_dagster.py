"""Dagster's web server and daemon: when they count as healthy, and running ones."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stack.offer import unknown_to
from stack.process import Identity, end_strays, is_alive, marked, start
from stack.services.dagster import SILENCE_S, DagsterDaemon, DagsterWebserver
from stack.services.postgres import Postgres, session
from stack.services.seaweedfs import SeaweedFS
from stack.site import Site
from stack.supervisor import State
from ticklake_assets_tests.stack.listening import addresses_of
from ticklake_assets_tests.stack.scripted import bring_up, kill, new_site, process_of, running

WEBSERVER, DAEMON = DagsterWebserver(), DagsterDaemon()
BOTH = (WEBSERVER, DAEMON)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Site]:
    """A Postgres in which no Dagster has been yet."""
    site = new_site(tmp_path)
    with running(site, Postgres()):
        yield site


@pytest.fixture
def sleeper(database: Site) -> Iterator[Identity]:
    """A process that the site takes for the daemon."""
    mark = database.mark_of(DAEMON.name)
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    process = start(command, {}, database.folder, database.log_of("x"), mark, None)
    database.remember(DAEMON.name, process)
    yield process
    end_strays(mark)


def beat(site: Site, seconds_ago: float) -> None:
    """Leave one heartbeat, as Dagster writes it: UTC without a zone."""
    with session(site, "dagster") as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS daemon_heartbeats (timestamp timestamp)")
        cursor.execute("DELETE FROM daemon_heartbeats")
        cursor.execute(
            "INSERT INTO daemon_heartbeats VALUES ((now() AT TIME ZONE 'utc') - %s * interval '1 s')",
            [seconds_ago],
        )


def test_a_daemon_is_healthy_while_it_is_heard_of(database: Site, sleeper: Identity) -> None:
    assert not DAEMON.is_healthy(database), "there is no table yet"
    beat(database, 0)
    assert DAEMON.is_healthy(database)
    beat(database, SILENCE_S + 5)
    assert not DAEMON.is_healthy(database)


def test_the_heartbeat_of_the_daemon_before_does_not_count(database: Site, sleeper: Identity) -> None:
    beat(database, SILENCE_S - 10)
    assert not DAEMON.is_healthy(database)


def test_neither_is_healthy_without_its_database(tmp_path: Path) -> None:
    assert not [service for service in BOTH if service.is_healthy(new_site(tmp_path))]


def test_no_secret_is_on_a_command_line(tmp_path: Path) -> None:
    site = new_site(tmp_path)
    for service in BOTH:
        program = service.program(site)
        assert program.environment == {"TICKLAKE_HOME": str(site.home)}, "the rest is in HOME/stack.env"
        assert site.secret("postgres") not in " ".join(map(str, program.command))


@pytest.mark.stack
def test_they_run_on_what_is_up_and_come_back(tmp_path: Path) -> None:
    site, services = new_site(tmp_path), [SeaweedFS(), Postgres(), *BOTH]
    with running(site, *services):
        assert httpx.get(f"{WEBSERVER.address(site)}/server_info", trust_env=False).is_success
        assert addresses_of(marked(site.mark_of(WEBSERVER.name))) <= {"0100007F"}
        assert unknown_to(site, DAEMON) == [], "it has started after the others"
        before = kill(site, DAEMON)
        assert not is_alive(before)
        assert bring_up(site, *services)[DAEMON.name].state == State.HEALTHY
        command = Path(f"/proc/{process_of(site, DAEMON).pid}/cmdline").read_bytes()
        assert b"daemon" in command
    assert not list(marked(site.mark_of(DAEMON.name)))
