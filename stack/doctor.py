"""What the services need of the machine, each a line: that it is there, or what to do."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from stack.debian import find_program
from stack.java import java_of
from stack.ports import busy_port
from stack.process import is_alive
from stack.service import Service
from stack.services import alertmanager, prometheus
from stack.services.postgres_programs import find_programs
from stack.site import Site
from ticklake_assets.core.errors import SetupError
from ticklake_assets.instance.processes import own_program

GIB = 1 << 30
LEAST_ROOM, LEAST_MEMORY = 5 * GIB, 6 * GIB
"""Of the downloads and a month of one symbol; and of all services together."""


class Diagnosis(NamedTuple):
    is_well: bool
    line: str


def diagnoses(site: Site, services: Sequence[Service]) -> Iterator[Diagnosis]:
    """Look at everything; nothing is started, installed or changed."""
    for program in ("weed", "mlflow", "dagster-webserver", "dagster-daemon"):
        yield _diagnosis(program, own_program, program)
    yield _diagnosis("postgres", find_programs, site.folder / "postgres" / "data")
    yield _debian(site, prometheus.PACKAGE, "prometheus")
    yield _debian(site, alertmanager.PACKAGE, alertmanager.PROGRAM)
    for service in services:
        if service.java:
            yield _diagnosis(service.name, java_of, service)
    maven = shutil.which("mvn")
    yield Diagnosis(bool(maven), f"Maven: {maven or 'none, and it fetches what runs on Java: install maven'}")
    for place in dict.fromkeys((_nearest(site.folder), _nearest(site.cache))):
        free = shutil.disk_usage(place).free
        yield Diagnosis(free >= LEAST_ROOM, f"room at {place}: {_gib(free)}, {_gib(LEAST_ROOM)} are needed")
    if not any(is_alive(site.process(service.name)) for service in services):
        memory = _available_memory()
        yield Diagnosis(
            memory >= LEAST_MEMORY, f"memory: {_gib(memory)}, {_gib(LEAST_MEMORY)} are needed for all"
        )
    yield from _ports(site, services)
    for entry in sorted(site.cache.glob("*")):
        yield Diagnosis(True, f"cache: {entry}, {_gib(_size_of(entry))}")


def _debian(site: Site, package: str, program: str) -> Diagnosis:
    """Without it the service is skipped, or brought by apt-get at the next `up`."""
    found, apt = find_program(site.cache, package, program), shutil.which("apt-get")
    where = found or (
        "not yet: `ticklake stack up` brings it" if apt else f"none, and no apt-get: install {package}"
    )
    return Diagnosis(bool(found or apt), f"{program}: {where}")


def _diagnosis(name: str, question: Callable[..., object], *arguments: object) -> Diagnosis:
    try:
        return Diagnosis(True, f"{name}: {question(*arguments)}")
    except SetupError as error:
        return Diagnosis(False, f"{name}: {str(error).removeprefix(f'{name}: ')}")


def _ports(site: Site, services: Sequence[Service]) -> Iterator[Diagnosis]:
    """Remembered ports that somebody else has taken since; one line where there are none."""
    taken = [
        Diagnosis(False, f"port {busy} of {service.name}: another program listens there, end it")
        for service in services
        if not is_alive(site.process(service.name))
        for port in map(site.kept_port, service.ports)
        if port and (busy := busy_port(port, has_grpc=service.has_grpc))
    ]
    yield from taken or [Diagnosis(True, "ports: free, or taken by the services themselves")]


def _nearest(path: Path) -> Path:
    """The path, or the nearest folder above it that exists."""
    return path if path.exists() else _nearest(path.parent)


def _available_memory() -> int:
    import psutil  # see `stack/process.py`

    return psutil.virtual_memory().available


def _size_of(path: Path) -> int:
    return sum(file.lstat().st_size for file in (path, *path.rglob("*")) if file.is_file())


def _gib(size: int) -> str:
    return f"{size / GIB:.2f} GiB"
