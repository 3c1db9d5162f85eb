"""Run one service of the stack while a test needs it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

from stack import process
from stack.service import Service
from stack.site import Site

AnyService = TypeVar("AnyService", bound=Service)


@contextmanager
def running(site: Site, service: AnyService) -> Iterator[AnyService]:
    """Install, configure and start; settled and healthy inside, gone after."""
    service.install(site)
    start(site, service)
    try:
        service.settle(site)
        yield service
    finally:
        stop(site, service)


def start(site: Site, service: Service) -> None:
    """Return when it is healthy."""
    service.configure(site)
    program = service.program(site)
    folder, log = program.folder or site.folder_of(service.name), site.log_of(service.name)
    started = process.start(
        program.command, program.environment, folder, log, mark_of(site, service), program.user
    )
    site.remember(service.name, started)
    deadline = time.monotonic() + program.ready_s
    while not service.is_healthy(site):
        if not process.is_alive(started) or time.monotonic() > deadline:
            pytest.fail(f"{service.name} did not get ready:\n{log.read_text(errors='replace')[-2_000:]}")
        time.sleep(0.2)


def stop(site: Site, service: Service) -> None:
    how = service.program(site).stop_signal
    process.stop(site.process(service.name), mark_of(site, service), how, patience_s=20)
    site.remember(service.name, None)


def mark_of(site: Site, service: Service) -> str:
    return f"{site.folder}:{service.name}"
