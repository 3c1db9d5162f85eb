"""A real Postgres: a second to make, less to start."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from stack import supervisor
from stack.process import as_user, is_alive
from stack.services.postgres import DATABASES, USER, Postgres, session
from stack.services.postgres_programs import find_programs, unprivileged_user
from stack.site import Site
from stack.supervisor import State
from ticklake_assets.core.errors import SetupError
from ticklake_assets_tests.stack.scripted import bring_up, kill, new_site, process_of, running

POSTGRES = Postgres()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = new_site(tmp_path_factory.mktemp("postgres"))
    with running(site, POSTGRES):
        yield site


def ask(site: Site, query: str, database: str = "iceberg") -> Any:
    with session(site, database) as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0] if cursor.description else None


def test_its_databases_are_there_and_apart(site: Site) -> None:
    ask(site, "CREATE TABLE only_here (x int)", "iceberg")
    found = {
        database: ask(site, "SELECT count(*) FROM pg_tables WHERE tablename = 'only_here'", database)
        for database in DATABASES
    }
    assert found == {"iceberg": 1, "mlflow": 0, "dagster": 0}


def test_nobody_comes_in_without_the_password(site: Site) -> None:
    for secret in ("wrong", ""):
        with pytest.raises(psycopg2.OperationalError, match="password"):
            psycopg2.connect(
                host="127.0.0.1", port=site.port("postgres"), user=USER, password=secret, dbname="iceberg"
            )
    assert ask(site, "SHOW password_encryption") == "scram-sha-256"
    assert ask(site, "SHOW listen_addresses") == "127.0.0.1"
    assert ask(site, "SHOW unix_socket_directories") == ""


def test_the_password_is_in_no_command_line_and_no_file_but_the_sites(site: Site) -> None:
    secret = site.secret("postgres").encode()
    command = Path(f"/proc/{process_of(site, POSTGRES).pid}/cmdline").read_bytes()
    assert secret not in command
    holding = [path.name for path in site.folder.rglob("*") if path.is_file() and secret in path.read_bytes()]
    assert holding == ["stack.json"]


def test_the_folders_above_the_data_stay_closed(site: Site) -> None:
    assert site.folder.stat().st_mode & 0o077 == 0
    assert site.folder_of("postgres").stat().st_mode & 0o077 == 0
    assert (site.folder_of("postgres") / "data").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to drop")
def test_it_does_not_run_as_root(site: Site) -> None:
    assert unprivileged_user() in {"postgres", "nobody"}
    assert Path(f"/proc/{process_of(site, POSTGRES).pid}").stat().st_uid != 0


def test_a_killed_one_comes_back_with_its_rows(site: Site) -> None:
    ask(site, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS x")
    before = kill(site, POSTGRES)
    assert bring_up(site, POSTGRES)["postgres"].state == State.HEALTHY
    assert ask(site, "SELECT sum(x) FROM kept") == 500_500
    assert not is_alive(before)


def test_the_id_that_a_killed_one_left_may_be_anybodys(site: Site) -> None:
    kill(site, POSTGRES)
    file = site.folder_of("postgres") / "data" / "postmaster.pid"
    lines = file.read_text().splitlines()
    assert lines[1] == "/proc/self/cwd"
    sleeper = subprocess.Popen(
        ["sleep", "600"], **as_user(unprivileged_user())
    )  # Postgres fears its own user's alone
    try:
        file.write_text("\n".join([str(sleeper.pid), *lines[1:]]))
        assert bring_up(site, POSTGRES)["postgres"].state == State.HEALTHY
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()


def test_a_busy_session_does_not_hold_up_the_end(tmp_path: Path) -> None:
    site = new_site(tmp_path)
    with running(site, POSTGRES), session(site, "iceberg"):
        began = time.monotonic()
        supervisor.down(site, [POSTGRES])
        assert time.monotonic() - began < 10
    with running(site, POSTGRES):
        assert ask(site, "SELECT 1") == 1


def test_data_of_another_version_are_named(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("9\n")
    with pytest.raises(SetupError, match=r"Expected Postgres 9, was .*bin \(1\d\)"):
        find_programs(tmp_path)
