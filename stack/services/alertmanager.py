"""Alertmanager: groups what Prometheus alerts of, silences what people ask it to, and tells the rest.

Its API shows the addresses that it posts to, and lets everybody silence alerts: so it lets in only who shows the
certificate that lies beside its configuration, which Prometheus does.
"""

from __future__ import annotations

import json
from pathlib import Path
from string import Template

from stack.debian import bring_program, find_program
from stack.http import answers, trusting
from stack.service import Program, Service
from stack.services.exporter import alerts_token, receiver_url
from stack.site import Site
from ticklake_assets.files import locked, replace_file
from ticklake_assets.settings import Settings

PACKAGE, PROGRAM = "prometheus-alertmanager", "prometheus-alertmanager"
MESSAGES = "/usr/share/prometheus/alertmanager"
"""Where Debian's program looks for the texts of messages: it does not start without."""
TEMPLATES = Path(__file__).parents[1] / "templates" / "alertmanager"


class Alertmanager(Service):
    """Alerts to people. Silences are made by `amtool`: Debian's program has no pages."""

    name = "alertmanager"
    ports = ("alertmanager",)
    metrics_port = "alertmanager"
    ready_s = 60

    def install(self, site: Site) -> None:
        bring_program(site.cache, PACKAGE, PROGRAM, reads=MESSAGES)

    def configure(self, site: Site) -> None:
        webhook = Settings().alert_webhook.get_secret_value()
        certificate, key = own_certificate(site)
        values = {
            "receiver": receiver_url(site),
            "token": alerts_token(site),
            "further": f"      - url: {json.dumps(webhook)}" if webhook else "",
            "certificate": certificate,
            "key": key,
        }
        for template in TEMPLATES.iterdir():
            text = Template(template.read_text()).substitute(values)
            replace_file(site.folder_of(self.name) / template.name, text.encode(), private=True)

    def program(self, site: Site) -> Program:
        program = find_program(site.cache, PACKAGE, PROGRAM)
        assert program is not None, "`install` has brought it"
        messages = program.parents[2] / MESSAGES.removeprefix("/")
        return Program(
            [
                program,
                f"--config.file={configuration(site)}",
                f"--storage.path={site.folder_of(self.name) / 'data'}",
                f"--web.config.file={site.folder_of(self.name) / 'web.yml'}",
                f"--web.listen-address=127.0.0.1:{site.port('alertmanager')}",
                "--cluster.listen-address=",  # it is alone, and would listen on every address for others
                "--log.level=warn",
            ],
            folder=messages if messages.exists() else None,
        )

    def is_healthy(self, site: Site) -> bool:
        return answers(
            f"{self.address(site)}/-/ready", containing="OK", trusting=trusting(*own_certificate(site))
        )

    def address(self, site: Site) -> str:
        return f"https://127.0.0.1:{site.port('alertmanager')}"


def own_certificate(site: Site) -> tuple[Path, Path]:
    """The files of the certificate and of its key, made by whoever asks first and kept: Prometheus may be up before."""
    folder = site.folder_of(Alertmanager.name)
    files = folder / "own.crt", folder / "own.key"
    with locked(folder / "own.lock"):
        if not all(file.exists() for file in files):
            from stack.certificate import new_certificate  # its cryptography: the base installation has none

            for file, text in zip(files, new_certificate(), strict=True):
                replace_file(file, text.encode(), private=True)
    return files


def configuration(site: Site) -> Path:
    return site.folder_of(Alertmanager.name) / "alertmanager.yml"
