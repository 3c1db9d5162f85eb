"""Dagster's web server and daemon on one instance, whose storage is in Postgres and whose logs are on S3.

Both read HOME/stack.env as every command does, so what they run goes to the services that are up.
"""

from __future__ import annotations

import sys

from stack.http import answers
from stack.process import age_s
from stack.service import Program, Service
from stack.services.postgres import session
from stack.site import Site
from ticklake_assets.instance.processes import own_program

SILENCE_S = 120.0
"""Without a heartbeat for so long a daemon is dead."""
HEARTBEATS = "SELECT count(*) FROM daemon_heartbeats WHERE timestamp > (now() AT TIME ZONE 'utc') - %s * interval '1 s'"


def _program(site: Site, *arguments: str) -> Program:
    command = [sys.executable, "-m", "ticklake_assets.instance.program", *arguments]
    return Program(command, environment={"TICKLAKE_HOME": str(site.home)})


class DagsterWebserver(Service):
    """Dagster's UI: the graph, partitions, runs."""

    name = "dagster-webserver"
    ports = ("dagster",)
    needs = ("postgres", "seaweedfs")
    ready_s = 180

    def install(self, site: Site) -> None:
        own_program("dagster-webserver")

    def program(self, site: Site) -> Program:
        return _program(site, "webserver", str(site.port("dagster")))

    def is_healthy(self, site: Site) -> bool:
        return answers(f"{self.address(site)}/server_info", containing="dagster_webserver_version")

    def address(self, site: Site) -> str:
        return f"http://127.0.0.1:{site.port('dagster')}"

    def settings(self, site: Site) -> dict[str, str]:
        return {"DAGSTER_HOME": str(site.home / "dagster"), "TICKLAKE_DAGSTER_UI_URL": self.address(site)}


class DagsterDaemon(Service):
    """Dagster's sensors, schedules, backfills and queue of runs.

    It is the last to start: its sensors keep the addresses that it has found, and it starts runs at once.
    """

    name = "dagster-daemon"
    needs = ("postgres", "seaweedfs")
    after = ("mlflow", "nifi", "trino", "spark", "dagster-webserver", "endpoint", "pages")
    ready_s = 180

    def install(self, site: Site) -> None:
        own_program("dagster-daemon")

    def program(self, site: Site) -> Program:
        return _program(site, "daemon")

    def is_healthy(self, site: Site) -> bool:
        """Whether it was heard of lately, and since it started: the one before left heartbeats, too."""
        import psycopg2

        process = site.process(self.name)
        lately_s = min(SILENCE_S, age_s(process)) if process else SILENCE_S
        try:
            with session(site, "dagster") as cursor:
                cursor.execute(HEARTBEATS, [lately_s])
                ((heard,),) = cursor.fetchall()
        except (psycopg2.OperationalError, psycopg2.errors.UndefinedTable):
            return False
        return bool(heard)

    def address(self, site: Site) -> str:
        return "(none: it works on the database)"
