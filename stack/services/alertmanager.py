"""Alertmanager: groups what Prometheus alerts of, silences what people ask it to, and tells the rest."""

from __future__ import annotations

import json
from pathlib import Path
from string import Template

from stack.debian import bring_program, find_program
from stack.http import answers
from stack.service import Program, Service
from stack.services.exporter import alerts_token, receiver_url
from stack.site import Site
from ticklake_assets.files import replace_file
from ticklake_assets.settings import Settings

PACKAGE, PROGRAM = "prometheus-alertmanager", "prometheus-alertmanager"
MESSAGES = "/usr/share/prometheus/alertmanager"
"""Where Debian's program looks for the texts of messages: it does not start without."""
TEMPLATE = Path(__file__).parents[1] / "templates" / "alertmanager" / "alertmanager.yml"


class Alertmanager(Service):
    """Alerts to people; its API and `amtool` know silences, Debian's program has no pages."""

    name = "alertmanager"
    ports = ("alertmanager",)
    metrics_port = "alertmanager"
    ready_s = 60

    def install(self, site: Site) -> None:
        bring_program(site.cache, PACKAGE, PROGRAM, reads=MESSAGES)

    def configure(self, site: Site) -> None:
        webhook = Settings().alert_webhook.get_secret_value()
        values = {
            "receiver": receiver_url(site),
            "token": alerts_token(site),
            "further": f"      - url: {json.dumps(webhook)}" if webhook else "",
        }
        text = Template(TEMPLATE.read_text()).substitute(values)
        replace_file(
            configuration(site), text.encode(), private=True
        )  # a webhook's address is often its password

    def program(self, site: Site) -> Program:
        program = find_program(site.cache, PACKAGE, PROGRAM)
        assert program is not None, "`install` has brought it"
        return Program(
            [
                program,
                f"--config.file={configuration(site)}",
                f"--storage.path={site.folder_of(self.name) / 'data'}",
                f"--web.listen-address=127.0.0.1:{site.port('alertmanager')}",
                "--cluster.listen-address=",  # it is alone, and would listen on every address for others
                "--log.level=warn",
            ],
            folder=messages
            if (messages := program.parents[2] / MESSAGES.removeprefix("/")).exists()
            else None,
        )

    def is_healthy(self, site: Site) -> bool:
        return answers(f"{self.address(site)}/-/ready", containing="OK")

    def address(self, site: Site) -> str:
        return f"http://127.0.0.1:{site.port('alertmanager')}"


def configuration(site: Site) -> Path:
    return site.folder_of(Alertmanager.name) / "alertmanager.yml"
