"""HOME/stack.env: where the services that were brought up are, for every command of ticklake.

A service that has died stays in it until it is brought down. Otherwise a command would silently turn to the
embedded store and find nothing there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

from stack.process import environment_of, is_alive
from stack.service import Service
from stack.site import Site
from ticklake_assets.environment import environment_file, read_environment
from ticklake_assets.files import replace_file

_change = threading.Lock()


def offer(site: Site, service: Service) -> None:
    """Add the service's settings."""
    with _change:
        _write(site, {**read_environment(site.home), **service.settings(site)})


def withdraw(site: Site, services: Iterable[Service]) -> None:
    """Take out the settings of the services; an empty file is removed."""
    gone = {name for service in services for name in service.settings(site)}
    with _change:
        _write(site, {name: value for name, value in read_environment(site.home).items() if name not in gone})


def withdraw_all(site: Site) -> None:
    """Offer nothing any more, whoever has offered it."""
    environment_file(site.home).unlink(missing_ok=True)


def unknown_to(site: Site, service: Service) -> list[str]:
    """What is offered, but was not yet when this service started, which reads it at its start alone."""
    process = site.process(service.name)
    if process is None or not service.after or not is_alive(process):
        return []
    return sorted(read_environment(site.home).keys() - environment_of(process.pid).keys())


def _write(site: Site, settings: Mapping[str, str]) -> None:
    file = environment_file(site.home)
    if settings:
        lines = "".join(f"{name}={value}\n" for name, value in sorted(settings.items()))
        replace_file(file, lines.encode(), private=True)
    else:
        file.unlink(missing_ok=True)
