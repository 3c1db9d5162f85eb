"""NiFi: moves landing files into the lake, with queues, back pressure and provenance that people can see."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from string import Template

import httpx

from stack.java import java_of
from stack.nifi.assembly import VERSION, assemble
from stack.nifi.parameters import flow_values
from stack.service import Program, Service
from stack.services.seaweedfs import SeaweedFS
from stack.site import Site
from ticklake_assets.files import replace_file
from ticklake_assets.settings import Settings
from ticklake_assets.spark.java import JavaNeed

TEMPLATES = Path(__file__).parents[1] / "templates" / "nifi"
EXTENSIONS = Path(__file__).parents[1] / "nifi" / "extensions"
_CONFIGURATION = (
    "nifi.properties", "logback.xml", "state-management.xml", "authorizers.xml", "login-identity-providers.xml"
)  # fmt: skip


class NiFi(Service):
    """One node on plain HTTP, on the loopback interface alone: it has no login there."""

    name = "nifi"
    ports = ("nifi", "nifi-management")
    metrics_port = "nifi"
    needs = ("seaweedfs",)
    java = JavaNeed(least=21)
    ready_s = 300

    def install(self, site: Site) -> None:
        assemble(site.cache, java_of(self))

    def configure(self, site: Site) -> None:
        folder = site.folder_of(self.name)
        for name in ("conf", "logs", "extensions"):
            (folder / name).mkdir(mode=0o700, exist_ok=True)
        values = {
            "home": site.cache / f"nifi-{VERSION}",
            "logs": folder / "logs",
            "port": site.port("nifi"),
            "python": sys.executable,
            "extensions": EXTENSIONS,
            "sensitive_key": site.secret("nifi-sensitive-key"),
        }
        for name in _CONFIGURATION:
            text = Template((TEMPLATES / name).read_text()).substitute(values)
            replace_file(folder / "conf" / name, text.encode(), private=True)

    def program(self, site: Site) -> Program:
        folder = site.folder_of(self.name)
        jars = sorted((site.cache / f"nifi-{VERSION}" / "lib").glob("*.jar"))
        command: list[str | Path] = [
            java_of(self) / "bin" / "java",
            *(TEMPLATES / "jvm.options").read_text().split(),
            f"-Dnifi.properties.file.path={folder}/conf/nifi.properties",
            f"-Dorg.apache.nifi.bootstrap.config.log.dir={folder}/logs",
            f"-Dorg.apache.nifi.management.server.address=127.0.0.1:{site.port('nifi-management')}",
            "-cp",
            os.pathsep.join(map(str, [folder / "conf", *jars])),
            "org.apache.nifi.NiFi",
        ]
        return Program(command, folder=folder)

    def is_healthy(self, site: Site) -> bool:
        """Whether its controller answers; it ends with exit code 0 when a port is taken, so only this counts."""
        try:
            return (
                httpx.get(f"{self.address(site)}/nifi-api/flow/about", timeout=5).status_code
                == httpx.codes.OK
            )
        except httpx.HTTPError:
            return False

    def settle(self, site: Site) -> None:
        """Deploy the flow from landing to the stack's S3, and let it run: from then on what lands is moved."""
        from stack.nifi.flow import deploy, start  # nipyapi takes a second, and `status` needs it not

        lake = SeaweedFS().settings(site)
        settings = Settings(
            home=site.home, lake_url=lake["TICKLAKE_LAKE_URL"], s3_endpoint=lake["TICKLAKE_S3_ENDPOINT"]
        )
        keys = {
            "s3.access.key": lake["AWS_ACCESS_KEY_ID"],
            "s3.secret.key": lake["AWS_SECRET_ACCESS_KEY"],
        }
        deploy(self.address(site), flow_values(settings), keys)
        start(self.address(site))

    def address(self, site: Site) -> str:
        return f"http://127.0.0.1:{site.port('nifi')}"

    def settings(self, site: Site) -> dict[str, str]:
        return {"TICKLAKE_NIFI_URL": self.address(site)}
