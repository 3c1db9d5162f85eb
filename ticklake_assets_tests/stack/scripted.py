"""Services as small as can be, and a block in which real ones run."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from stack import supervisor
from stack.http import answers
from stack.process import Identity, is_alive
from stack.service import Program, Service
from stack.site import Site
from stack.supervisor import Outcome, State

SERVE = """
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), SimpleHTTPRequestHandler).serve_forever()
"""


class Scripted(Service):
    """Python's own file server, started with whatever code comes first; it is healthy while it serves `well`."""

    def __init__(self, name: str, needs: Sequence[str] = (), code: str = "", ready_s: float = 30) -> None:
        self.name, self.needs, self.ports = name, tuple(needs), (name,)
        self.code = code
        self.ready_s = ready_s
        self.calls: list[str] = []

    def install(self, site: Site) -> None:
        self.calls.append("install")

    def configure(self, site: Site) -> None:
        self.calls.append("configure")
        (site.folder_of(self.name) / "well").touch()

    def program(self, site: Site) -> Program:
        command = [sys.executable, "-c", f"{self.code}\n{SERVE}", str(site.port(self.name))]
        return Program(command)

    def is_healthy(self, site: Site) -> bool:
        return answers(f"{self.address(site)}/well")

    def settle(self, site: Site) -> None:
        self.calls.append("settle")

    def address(self, site: Site) -> str:
        return f"http://127.0.0.1:{site.port(self.name)}"

    def settings(self, site: Site) -> dict[str, str]:
        return {f"AT_{self.name.upper()}": self.address(site)}


def new_site(folder: Path) -> Site:
    return Site.open(folder / "home" / "stack", folder / "cache")


def bring_up(site: Site, *services: Service) -> dict[str, Outcome]:
    outcomes = supervisor.up(site, services, lambda service, state: None)
    return {outcome.service.name: outcome for outcome in outcomes}


def process_of(site: Site, service: Service) -> Identity:
    process = site.process(service.name)
    assert process is not None
    return process


def kill(site: Site, service: Service) -> Identity:
    """End its process as a crash does; it is dead on return, which the kernel takes a moment for."""
    process = process_of(site, service)
    os.kill(process.pid, signal.SIGKILL)
    while is_alive(process):
        time.sleep(0.01)
    return process


@contextmanager
def running(site: Site, *services: Service) -> Iterator[None]:
    """The services are healthy during the block and gone after it."""
    try:
        outcomes = bring_up(site, *services)
        assert {outcome.state for outcome in outcomes.values()} == {State.HEALTHY}, outcomes
        yield
    finally:
        supervisor.down(site, services)
