"""What Prometheus scrapes: a file a service, which it reads again when the file changes.

As in HOME/stack.env, a service that has died stays until it is brought down: so it is missed, and one that was stopped
on purpose is not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from stack.service import Service
from stack.site import Site
from ticklake_assets.files import replace_file

FOLDER = "prometheus"
"""Of the site: the service's own, there before it, since others may be up first."""


def targets_folder(site: Site) -> Path:
    return site.folder_of(FOLDER) / "targets"


def announce(site: Site, service: Service) -> None:
    """Let Prometheus scrape the service, if it has figures."""
    if service.metrics_port:
        target = {"targets": [f"127.0.0.1:{site.port(service.metrics_port)}"]}
        folder = targets_folder(site)
        folder.mkdir(mode=0o700, exist_ok=True)
        replace_file(folder / f"{service.name}.json", f"{json.dumps([target])}\n".encode(), private=True)


def retract(site: Site, services: Iterable[Service]) -> None:
    """Let it forget the services, which were stopped on purpose."""
    for service in services:
        (site.folder / FOLDER / "targets" / f"{service.name}.json").unlink(missing_ok=True)
