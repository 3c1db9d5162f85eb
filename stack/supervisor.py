"""Bring the services of a site up, and down again."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from enum import StrEnum
from typing import NamedTuple

from stack.interruption import interrupted
from stack.java import java_of
from stack.logs import last_lines, put_aside
from stack.observability.targets import announce, retract
from stack.offer import offer, withdraw, withdraw_all
from stack.ports import busy_port
from stack.process import Identity, age_s, end_strays, is_alive, start, stop
from stack.service import MissingProgramError, Service
from stack.site import Site
from ticklake_assets.core.errors import SetupError, TicklakeError
from ticklake_assets.settings import Settings

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

    `services` lists each behind what it needs and what it comes after. One that fails or lacks its program takes
    along only those that need it.
    """
    starter = _Starter(site, show)
    outcomes: dict[str, Future[Outcome]] = {}
    with site.locked(), ThreadPoolExecutor(len(services)) as pool:
        interrupted.clear()
        try:
            for service in services:
                needs = [outcomes[need] for need in service.needs]
                before = [outcomes[name] for name in service.after if name in outcomes]
                outcomes[service.name] = pool.submit(starter.bring, service, needs, before)
            return [outcome.result() for outcome in outcomes.values()]
        except BaseException:
            interrupted.set()  # the pool waits for its threads
            raise


def down(site: Site, services: Sequence[Service]) -> list[Service]:
    """Stop the services, each after those of them that need it; returns those that were brought up.

    What runs is stopped before anything is written: a full disk may keep a file from being changed, but no
    service from being stopped.
    """
    ends: dict[str, Future[None]] = {}
    with site.locked():
        known = [service for service in services if site.process(service.name)]
        with ThreadPoolExecutor(len(services)) as pool:
            for service in reversed(services):
                users = [ends[other.name] for other in services if service.name in other.needs]
                ends[service.name] = pool.submit(_end, site, service, users)
        gone = [service for service in known if ends[service.name].exception() is None]
        withdraw(site, gone)
        retract(site, gone)
        site.forget(service.name for service in gone)
        for end in ends.values():
            end.result()
    return known


def wipe(site: Site) -> None:
    """Remove all that the stack keeps: data, logs, ports and secrets. It must be down."""
    with site.locked():
        withdraw_all(site)
        if site.folder.exists():
            shutil.rmtree(site.folder)


def _end(site: Site, service: Service, users: Sequence[Future[None]]) -> None:
    for user in users:
        user.result()
    stop(site.process(service.name), site.mark_of(service.name), service.stop_signal, STOP_S)


class _Starter:
    """One `up`: what its threads share."""

    def __init__(self, site: Site, show: Show) -> None:
        self._site = site
        self._show = show

    def bring(
        self, service: Service, needs: Sequence[Future[Outcome]], before: Sequence[Future[Outcome]]
    ) -> Outcome:
        """Make the service healthy, or say why it isn't; those `before` it may have failed."""
        wait(before)
        unmet = [need.result().service.name for need in needs if need.result().state != State.HEALTHY]
        if unmet:
            outcome = Outcome(service, State.SKIPPED, f"{service.name}: it needs {' and '.join(unmet)}")
        else:
            outcome = self._tried(service)
        self._show(service, outcome.state)
        return outcome

    def _tried(self, service: Service) -> Outcome:
        try:
            if not self._is_well(service):
                self._start(service)
            if not self._site.is_settled(service.name):
                service.settle(self._site)
                self._site.note_settled(service.name)
            offer(self._site, service)
            announce(self._site, service)
        except MissingProgramError as error:
            return Outcome(service, State.SKIPPED, str(error))
        except TicklakeError as error:
            return Outcome(service, State.FAILED, str(error))
        except OSError as error:
            return Outcome(service, State.FAILED, f"{service.name}: {Settings().refusal(error)}")
        except Exception as error:
            # A client library's own: whatever it is, the other services are none the worse.
            said = str(error).strip().partition("\n")[0]
            return Outcome(service, State.FAILED, f"{service.name}: {type(error).__name__}: {said}")
        return Outcome(service, State.HEALTHY)

    def _is_well(self, service: Service) -> bool:
        """Whether it runs and answers. One that doesn't gets the rest of its time to start, and is then ended."""
        process = self._site.process(service.name)
        if process is None or not is_alive(process):
            return False
        self._show(service, State.STARTING)
        try:
            self._await_health(service, process, max(STALL_S, service.ready_s - age_s(process)))
        except SetupError:
            if interrupted.is_set():
                raise
            stop(process, self._site.mark_of(service.name), service.stop_signal, STOP_S)
            return False
        return True

    def _start(self, service: Service) -> None:
        site, name = self._site, service.name
        if interrupted.is_set():
            raise SetupError(f"{name}: interrupted before it starts")
        if service.java:
            java_of(service)
        self._show(service, State.INSTALLING)
        service.install(site)
        end_strays(site.mark_of(name))
        service.configure(site)
        self._await_ports(service)
        program = service.program(site)
        folder, log = program.folder or site.folder_of(name), site.log_of(name)
        put_aside(log)
        process = start(program.command, program.environment, folder, log, site.mark_of(name), program.user)
        site.remember(name, process)
        self._show(service, State.STARTING)
        self._await_health(service, process, service.ready_s)

    def _await_ports(self, service: Service) -> None:
        """A killed server counts as dead while its threads still let go of its sockets."""
        deadline = time.monotonic() + PORTS_S
        for port in map(self._site.port, service.ports):
            while busy := busy_port(port, has_grpc=service.has_grpc):
                if time.monotonic() > deadline:
                    raise SetupError(
                        f"{service.name}: Expected port {busy} to be free, was taken: end the program that listens "
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
            if interrupted.wait(0.1):
                raise SetupError(f"{service.name}: interrupted while it starts")

    def _end_of_log(self, service: Service) -> str:
        log = self._site.log_of(service.name)
        return "\n".join([f"the end of {log}:", *last_lines(log, LOG_LINES)[0]])
