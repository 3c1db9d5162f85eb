"""Bring the services of a site up, and down again."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from enum import StrEnum
from typing import NamedTuple

from stack.java import java_of
from stack.offer import offer, withdraw
from stack.ports import is_free
from stack.process import Identity, age_s, end_strays, is_alive, start, stop
from stack.service import Service
from stack.site import Site
from ticklake_assets.core.errors import SetupError, TicklakeError

LOG_LINES = 12
"""How much of a log an error shows."""
PORTS_S = 5.0
"""How long the ports of a dead service may stay taken."""
STALL_S = 5.0
"""How long a service that once was ready may fail to answer before it is started anew."""
STOP_S = 30.0
"""How long a service may take to stop before it is killed: Dagster ends its runs, servers their requests."""


class State(StrEnum):
    WAITING = "waiting"
    INSTALLING = "installing"
    STARTING = "starting"
    HEALTHY = "healthy"
    SKIPPED = "skipped"
    FAILED = "failed"


class Outcome(NamedTuple):
    service: Service
    state: State
    problem: str = ""
    """Why it is skipped or has failed."""


Show = Callable[[Service, State], None]
"""Is told of each step of each service, from several threads."""


def up(site: Site, services: Sequence[Service], show: Show) -> list[Outcome]:
    """Start those that aren't healthy, each once all that it needs is, the others side by side.

    `services` lists each behind what it needs. One that fails or lacks its Java takes along only those that
    need it.
    """
    starter = _Starter(site, show)
    outcomes: dict[str, Future[Outcome]] = {}
    with site.locked(), ThreadPoolExecutor(len(services)) as pool:
        for service in services:
            needs = [outcomes[need] for need in service.needs]
            outcomes[service.name] = pool.submit(starter.bring, service, needs)
        try:
            return [outcome.result() for outcome in outcomes.values()]
        finally:
            starter.give_up.set()  # on Ctrl-C; otherwise nobody waits any more


def down(site: Site, services: Sequence[Service]) -> list[Service]:
    """Stop the services, each after those of them that need it; returns those that were brought up."""
    stopped: dict[str, Future[None]] = {}
    with site.locked(), ThreadPoolExecutor(len(services)) as pool:
        known = [service for service in services if site.process(service.name)]
        withdraw(site, known)
        for service in reversed(services):
            users = [stopped[other.name] for other in services if service.name in other.needs]
            stopped[service.name] = pool.submit(_end, site, service, users)
        for end in stopped.values():
            end.result()
    return known


def wipe(site: Site) -> None:
    """Remove all that the stack keeps: data, logs, ports and secrets. It must be down."""
    with site.locked():
        shutil.rmtree(site.folder)


def _end(site: Site, service: Service, users: Sequence[Future[None]]) -> None:
    for user in users:
        user.result()
    process = site.process(service.name)
    if process and is_alive(process):
        stop(process, site.mark_of(service.name), service.program(site).stop_signal, STOP_S)
    end_strays(site.mark_of(service.name))
    site.remember(service.name, None)


class _Starter:
    """One `up`: what its threads share."""

    def __init__(self, site: Site, show: Show) -> None:
        self._site = site
        self._show = show
        self.give_up = threading.Event()

    def bring(self, service: Service, needs: Sequence[Future[Outcome]]) -> Outcome:
        """Make the service healthy, or say why it isn't."""
        unmet = [need.result().service.name for need in needs if need.result().state != State.HEALTHY]
        if unmet:
            outcome = Outcome(service, State.SKIPPED, f"{service.name}: it needs {' and '.join(unmet)}")
        else:
            outcome = self._tried(service)
        self._show(service, outcome.state)
        return outcome

    def _tried(self, service: Service) -> Outcome:
        if service.least_java:
            try:
                java_of(service)
            except SetupError as error:
                return Outcome(service, State.SKIPPED, str(error))
        try:
            if not self._is_well(service):
                self._start(service)
            service.settle(self._site)
        except (TicklakeError, OSError) as error:
            return Outcome(service, State.FAILED, str(error))
        offer(self._site, service)
        return Outcome(service, State.HEALTHY)

    def _is_well(self, service: Service) -> bool:
        """Whether it runs and answers. One that doesn't gets the rest of its time to start, and is then ended."""
        process = self._site.process(service.name)
        if process is None or not is_alive(process):
            return False
        program = service.program(self._site)
        self._show(service, State.STARTING)
        try:
            self._await_health(service, process, max(STALL_S, program.ready_s - age_s(process)))
        except SetupError:
            stop(process, self._site.mark_of(service.name), program.stop_signal, STOP_S)
            return False
        return True

    def _start(self, service: Service) -> None:
        site, name = self._site, service.name
        self._show(service, State.INSTALLING)
        service.install(site)
        end_strays(site.mark_of(name))
        service.configure(site)
        self._await_ports(service)
        program = service.program(site)
        folder, log = program.folder or site.folder_of(name), site.log_of(name)
        process = start(program.command, program.environment, folder, log, site.mark_of(name), program.user)
        site.remember(name, process)
        self._show(service, State.STARTING)
        self._await_health(service, process, program.ready_s)

    def _await_ports(self, service: Service) -> None:
        """A killed server counts as dead while its threads still let go of its sockets."""
        deadline = time.monotonic() + PORTS_S
        for port in map(self._site.port, service.ports):
            while not is_free(port):
                if time.monotonic() > deadline:
                    raise SetupError(
                        f"{service.name}: Expected port {port} to be free, was taken: end the program that listens "
                        "there, or `ticklake stack down --wipe` to begin anew on other ports"
                    )
                time.sleep(0.05)

    def _await_health(self, service: Service, process: Identity, patience_s: float) -> None:
        deadline = time.monotonic() + patience_s
        while not service.is_healthy(self._site):
            if not is_alive(process):
                raise SetupError(f"{service.name} ended before it was ready; {self._end_of_log(service)}")
            if time.monotonic() > deadline:
                raise SetupError(
                    f"{service.name} isn't ready after {patience_s:.0f} s; {self._end_of_log(service)}"
                )
            if self.give_up.wait(0.1):
                raise SetupError(f"{service.name}: interrupted while it starts")

    def _end_of_log(self, service: Service) -> str:
        log = self._site.log_of(service.name)
        return "\n".join([f"the end of {log}:", *log.read_text(errors="replace").splitlines()[-LOG_LINES:]])
