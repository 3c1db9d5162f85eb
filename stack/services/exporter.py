"""The exporter, as `ticklake metrics` serves it: figures of the graph for Prometheus, and alerts to people."""

from __future__ import annotations

from pathlib import Path

from stack.http import answers
from stack.service import Program, Service
from stack.site import Site
from ticklake_assets.files import replace_file
from ticklake_assets.instance.processes import own_program


class Exporter(Service):
    """Runs, sensors, days, parity, open sessions, databases and room of the disks; sends what Alertmanager tells."""

    name = "exporter"
    ports = ("exporter",)
    metrics_port = "exporter"
    needs = ("postgres", "seaweedfs")
    ready_s = 60

    def install(self, site: Site) -> None:
        own_program("ticklake")

    def program(self, site: Site) -> Program:
        command: list[str | Path] = [own_program("ticklake"), "metrics", "--port", str(site.port("exporter"))]
        return Program(
            [*command, "--alerts-token", alerts_token(site)], environment={"TICKLAKE_HOME": str(site.home)}
        )

    def is_healthy(self, site: Site) -> bool:
        return answers(f"{self.address(site)}/healthz", containing="ok")

    def address(self, site: Site) -> str:
        return f"http://127.0.0.1:{site.port('exporter')}"


def receiver_url(site: Site) -> str:
    """Where Alertmanager posts alerts."""
    return f"http://127.0.0.1:{site.port('exporter')}/alerts"


def alerts_token(site: Site) -> Path:
    """The file of the token that Alertmanager shows there: other users of the machine send no notices."""
    file = site.folder_of(Exporter.name) / "alerts.token"
    replace_file(file, site.secret("alerts").encode(), private=True)
    return file
