"""Postgres: the databases of Iceberg's catalog, of MLflow and of Dagster."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from stack.process import as_user
from stack.service import Program, Service
from stack.services.postgres_orphans import await_orphans
from stack.services.postgres_programs import find_programs, unprivileged_user
from stack.services.postgres_roles import grant, make_roles, password_of
from stack.site import Site
from ticklake_assets.core.errors import SetupError
from ticklake_assets.files import locked

USER = "ticklake"
"""The superuser, the stack's own."""
DATABASES = ("iceberg", "mlflow", "dagster")
HERE = "/proc/self/cwd"
"""The data folder, as each process of Postgres sees it. The server runs there as an unprivileged user that could
not come in by the folder's path: nothing above it is opened to other users."""


def database_url(site: Site, database: str) -> str:
    """The owner's way to one of `DATABASES`, for SQLAlchemy, whose own choice of a driver has changed with 2.1."""
    login = f"{database}:{password_of(site, database)}"
    return f"postgresql+psycopg2://{login}@127.0.0.1:{site.port('postgres')}/{database}"


@contextmanager
def session(site: Site, database: str) -> Iterator[Any]:
    """A superuser's cursor whose statements are committed one by one."""
    import psycopg2

    with closing(
        psycopg2.connect(
            host="127.0.0.1",
            port=site.port("postgres"),
            user=USER,
            password=site.secret("postgres"),
            dbname=database,
            connect_timeout=2,
        )
    ) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor


def make_catalog(site: Site) -> None:
    """Let PyIceberg, as their owner, make the catalog's tables: other engines may not, and fail without.

    It looks before it makes them, so one engine at a time, of those that start side by side, lets it.
    """
    from pyiceberg.catalog.sql import SqlCatalog  # a second to import

    with locked(site.folder_of(Postgres.name) / "catalog.lock"):
        SqlCatalog("lake", uri=database_url(site, "iceberg")).close()


class Postgres(Service):
    """Databases: Iceberg's catalog, MLflow's runs and models, Dagster's events."""

    name = "postgres"
    ports = ("postgres",)
    ready_s = 60
    stop_signal = signal.SIGINT  # ends sessions instead of waiting for them

    def install(self, site: Site) -> None:
        find_programs(_data(site))

    def configure(self, site: Site) -> None:
        data = _data(site)
        if not (data / "PG_VERSION").exists():
            _initialise(data, site.secret("postgres"))
        await_orphans(data)
        # A killed server leaves its process id behind, which may be anybody's by now: it would not start.
        (data / "postmaster.pid").unlink(missing_ok=True)

    def program(self, site: Site) -> Program:
        data = _data(site)
        command: list[str | Path] = [
            find_programs(data) / "postgres",
            "-D",
            HERE,
            "-h",
            "127.0.0.1",
            "-p",
            str(site.port("postgres")),
        ]
        return Program(
            [*command, "-k", ""],  # no socket: who may connect is a question of the password alone
            folder=data,
            user=unprivileged_user(),
        )

    def is_healthy(self, site: Site) -> bool:
        import psycopg2

        try:
            with session(site, "postgres"):
                return True
        except psycopg2.OperationalError:
            return False

    def settle(self, site: Site) -> None:
        """Make databases and roles of those who use them."""
        with session(site, "postgres") as cursor:
            cursor.execute("SELECT datname FROM pg_database")
            there = {name for (name,) in cursor.fetchall()}
            for database in DATABASES:
                if database not in there:
                    cursor.execute(f"CREATE DATABASE {database}")
            make_roles(cursor, site)
            cursor.execute("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC")
        for database in DATABASES:
            with session(site, database) as cursor:
                grant(cursor, database)

    def address(self, site: Site) -> str:
        return f"postgresql://127.0.0.1:{site.port('postgres')}"

    def settings(self, site: Site) -> dict[str, str]:
        return {
            "TICKLAKE_CATALOG_URI": database_url(site, "iceberg"),
            "TICKLAKE_DAGSTER_URL": database_url(site, "dagster"),
        }


def _data(site: Site) -> Path:
    return site.folder_of("postgres") / "data"


def _initialise(data: Path, password: str) -> None:
    """Make the cluster with one superuser. Its password is handed over in memory, not by a file or an argument."""
    user = unprivileged_user()
    data.mkdir(mode=0o700, exist_ok=True)
    if user:
        os.chown(data, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    secret = os.memfd_create("password")
    os.write(secret, password.encode())
    command: list[str | Path] = [
        find_programs(data) / "initdb",
        "-D",
        HERE,
        "-U",
        USER,
        "-A",
        "scram-sha-256",
        "-E",
        "UTF8",
    ]
    answer = subprocess.run(  # noqa: S603
        [*command, "--locale=C", f"--pwfile=/proc/self/fd/{secret}"],
        cwd=data, pass_fds=[secret], capture_output=True, text=True, check=False, **as_user(user),
    )  # fmt: skip
    os.close(secret)
    if answer.returncode:
        raise SetupError(f"initdb could not make {data}: {answer.stderr.strip() or answer.stdout.strip()}")
