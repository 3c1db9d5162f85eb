"""The live endpoint, as `ticklake endpoint` serves it."""

from __future__ import annotations

from stack.http import answers
from stack.service import Program, Service
from stack.site import Site
from ticklake_assets.instance.processes import own_program


class EndpointService(Service):
    """Live scoring: ticks in, signals out."""

    name = "endpoint"
    ports = ("endpoint",)
    metrics_port = "endpoint"
    ready_s = 60

    def install(self, site: Site) -> None:
        own_program("ticklake")

    def program(self, site: Site) -> Program:
        command = [own_program("ticklake"), "endpoint", "--port", str(site.port("endpoint"))]
        return Program(command, environment={"TICKLAKE_HOME": str(site.home)})

    def is_healthy(self, site: Site) -> bool:
        return answers(f"{self.address(site)}/healthz", containing="ok")

    def address(self, site: Site) -> str:
        return f"http://127.0.0.1:{site.port('endpoint')}"

    def settings(self, site: Site) -> dict[str, str]:
        return {"TICKLAKE_ENDPOINT_URL": self.address(site)}
