"""Prometheus: asks all that has figures for them, keeps them for a month, and watches the rules of alerts."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from string import Template

from stack.debian import bring_program, find_program
from stack.http import answers
from stack.observability.targets import targets_folder
from stack.service import Program, Service
from stack.services.alertmanager import own_certificate
from stack.site import Site
from ticklake_assets.core.errors import SetupError
from ticklake_assets.files import replace_file
from ticklake_assets.instance.processes import own_program

PACKAGE = "prometheus"
TEMPLATE = Path(__file__).parents[1] / "templates" / "prometheus" / "prometheus.yml"
RULES = Path(__file__).parents[1] / "observability" / "rules"
_KEPT = ("--storage.tsdb.retention.time=30d", "--storage.tsdb.retention.size=1GB")
"""Whichever is reached first."""


class Prometheus(Service):
    """Figures over time, and the alerts that they make."""

    name = "prometheus"
    ports = ("prometheus",)
    metrics_port = "prometheus"
    ready_s = 60

    def install(self, site: Site) -> None:
        bring_program(site.cache, PACKAGE, "prometheus")

    def configure(self, site: Site) -> None:
        targets_folder(site).mkdir(mode=0o700, exist_ok=True)
        certificate, key = own_certificate(site)
        values = {
            "certificate": certificate,
            "key": key,
            "rules": RULES,
            "targets": targets_folder(site),
            "token": endpoint_token(site),
        }
        text = Template(TEMPLATE.read_text()).substitute(values)
        replace_file(configuration(site), text.encode(), private=True)

    def program(self, site: Site) -> Program:
        program = find_program(site.cache, PACKAGE, "prometheus")
        assert program is not None, "`install` has brought it"
        command: list[str | Path] = [
            program,
            f"--config.file={configuration(site)}",
            f"--storage.tsdb.path={site.folder_of(self.name) / 'data'}",
            *_KEPT,
            f"--web.listen-address=127.0.0.1:{site.port('prometheus')}",
            "--log.level=warn",
        ]
        pages = program.parents[1] / "share" / "prometheus" / "web"
        if pages.exists() and _knows(
            program, "--web.local-assets"
        ):  # Debian's, which has its pages beside it
            command.append(f"--web.local-assets={pages}/")
        return Program(command)

    def is_healthy(self, site: Site) -> bool:
        return answers(f"{self.address(site)}/-/ready", containing="Ready")

    def settings(self, site: Site) -> dict[str, str]:
        return {"TICKLAKE_PROMETHEUS_URL": self.address(site)}

    def address(self, site: Site) -> str:
        return f"http://127.0.0.1:{site.port('prometheus')}"


def token_file(site: Site) -> Path:
    return site.folder_of(Prometheus.name) / "endpoint.token"


def endpoint_token(site: Site) -> Path:
    """Prometheus' own token of the endpoint, which may read and nothing else; made at the first start."""
    file = token_file(site)
    if not file.exists():
        command = [own_program("ticklake"), "endpoint", "token"]
        environment = {**os.environ, "TICKLAKE_HOME": str(site.home)}
        # One of this name whose file is lost goes on under a new secret.
        for words in (("rotate", PACKAGE, "--grace", "0"), ("create", PACKAGE, "--scope", "read")):
            made = subprocess.run(  # noqa: S603 our own program
                [*command, *words], env=environment, capture_output=True, text=True, check=False
            )
            if made.returncode == 0:
                replace_file(file, made.stdout.encode(), private=True)
                return file
        raise SetupError(f"Prometheus has no token of the endpoint: {made.stderr.strip()}")
    return file


def _knows(program: Path, flag: str) -> bool:
    helped = subprocess.run(  # noqa: S603 a program that apt-get or the machine has brought
        [program, "--help"], capture_output=True, text=True, check=False
    )
    return flag in helped.stdout + helped.stderr


def configuration(site: Site) -> Path:
    return site.folder_of(Prometheus.name) / "prometheus.yml"
