"""A real Postgres: a second to make, less to start."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from stack import supervisor
from stack.process import as_user, is_alive
from stack.services.postgres import DATABASES, USER, Postgres, make_catalog, session
from stack.services.postgres_programs import find_programs, unprivileged_user
from stack.services.postgres_roles import ROLES, Role, password_of
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


def connect(site: Site, role: str, database: str) -> Any:
    return psycopg2.connect(
        host="127.0.0.1",
        port=site.port("postgres"),
        user=role,
        password=password_of(site, role),
        dbname=database,
    )


def says(site: Site, role: str, database: str, statement: str) -> str:
    """What the server says to a statement of a role's: nothing, or why not."""
    with closing(connect(site, role, database)) as connection, connection.cursor() as cursor:
        try:
            cursor.execute(statement)
        except psycopg2.Error as error:
            return str(error).splitlines()[0]
        connection.commit()
    return ""


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_each_service_has_a_role_of_its_own_that_sees_its_own_database_alone(site: Site, role: Role) -> None:
    for database in (*DATABASES, "postgres", "template1"):
        if database == role.database:
            connect(site, role.name, database).close()
        else:
            with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
                connect(site, role.name, database)
    rights = (
        "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication FROM pg_roles WHERE rolname = '{}'"
    )
    assert ask(site, rights.format(role.name)) is False
    assert len({password_of(site, each.name) for each in ROLES} | {site.secret("postgres")}) == len(ROLES) + 1


def test_the_owner_makes_tables_and_the_engines_change_their_rows_alone(site: Site) -> None:
    assert says(site, "iceberg", "iceberg", "CREATE TABLE of_owner (x int)") == ""
    for engine in ("trino", "spark"):
        assert says(site, engine, "iceberg", "INSERT INTO of_owner VALUES (1)") == ""
        assert says(site, engine, "iceberg", "SELECT x FROM of_owner") == ""
        assert "permission denied for schema" in says(site, engine, "iceberg", "CREATE TABLE mine (x int)")
        assert "must be owner" in says(site, engine, "iceberg", "DROP TABLE of_owner")
        assert "permission denied" in says(site, engine, "iceberg", "COPY of_owner TO PROGRAM 'true'")


def test_engines_that_start_side_by_side_find_one_catalog(site: Site) -> None:
    for _ in range(5):
        with ThreadPoolExecutor(4) as pool:
            made = [pool.submit(make_catalog, site) for _ in range(4)]
        assert [future.exception() for future in made] == [None] * 4
        assert says(site, "trino", "iceberg", "SELECT iceberg_type FROM iceberg_tables") == ""
        ask(site, "DROP TABLE iceberg_tables, iceberg_namespace_properties")


def test_a_stack_of_before_hands_its_tables_to_their_owners(site: Site) -> None:
    ask(site, "CREATE TABLE of_superuser (id serial PRIMARY KEY)", "mlflow")
    assert "permission denied" in says(site, "mlflow", "mlflow", "SELECT * FROM of_superuser")
    POSTGRES.settle(site)
    assert says(site, "mlflow", "mlflow", "INSERT INTO of_superuser DEFAULT VALUES") == ""
    assert says(site, "mlflow", "mlflow", "ALTER TABLE of_superuser ADD y int") == ""


def test_no_address_that_is_handed_out_is_the_superusers(site: Site) -> None:
    told = " ".join(POSTGRES.settings(site).values())
    assert site.secret("postgres") not in told
    assert f"iceberg:{password_of(site, 'iceberg')}@" in told
    assert f"dagster:{password_of(site, 'dagster')}@" in told


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
