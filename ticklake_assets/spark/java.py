"""Find the Java that a program runs on: Spark first of all, and what the stack starts.

Spark 4.1 supports Java 17 and 21 and no later one, and its own complaint comes late and is obscure; so the
version is checked before any JVM starts. `python -m ticklake_assets.spark.java` prints it for scripts.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ticklake_assets.core.errors import SetupError

SYSTEM_HOMES = Path("/usr/lib/jvm")


class Java(NamedTuple):
    home: Path
    version: int | None
    """None where it tells none."""
    modules: list[str] | None
    """None where it doesn't say what it holds."""


class JavaNeed(NamedTuple):
    """What a program asks of its Java."""

    only: tuple[int, ...] = ()
    """The versions that it runs on; empty: `least` and every later one."""
    least: int = 0
    module: str = ""
    """A module without which it does not start."""

    def __str__(self) -> str:
        return f"Java {' or '.join(map(str, self.only))}" if self.only else f"Java {self.least} or later"

    def first(self, javas: Iterable[Java]) -> Path:
        """Home of the first Java that fits. Raises SetupError, which lists every Java that was looked at."""
        unfit = []
        for java in javas:
            objection = self.objection(java)
            if not objection:
                return java.home
            unfit.append(f"{java.home}: {objection}")
        raise SetupError(f"Expected {self}, was {'; '.join(unfit) or 'no Java at all'}")

    def objection(self, java: Java) -> str:
        """Say why the program cannot use this Java, or nothing."""
        if java.version is None:
            return "tells no version"
        if java.version < self.least or (self.only and java.version not in self.only):
            return f"Java {java.version}"
        if self.module and java.modules is not None and self.module not in java.modules:
            return f"Java {java.version} without the module {self.module}"
        return ""


SPARK = JavaNeed(only=(17, 21), module="jdk.incubator.vector")
"""Spark starts every JVM with that module; stripped runtimes leave it out."""


def installed_javas(
    environment: Mapping[str, str] | None = None, system_homes: Path = SYSTEM_HOMES
) -> Iterator[Java]:
    """Each Java once: JAVA_HOME, PATH, then where packages and SDKMAN put them."""
    seen: set[Path] = set()
    for candidate in _candidates(os.environ if environment is None else environment, system_homes):
        home = candidate.resolve()
        if home not in seen and (home / "bin" / "java").is_file():
            seen.add(home)
            facts = _release_facts(home) or _spoken_facts(home)
            version = re.match(r"(?:1\.)?(\d+)", facts.get("JAVA_VERSION", ""))
            modules = facts["MODULES"].split() if "MODULES" in facts else None
            yield Java(home, int(version[1]) if version else None, modules)


def find_java(environment: Mapping[str, str] | None = None, system_homes: Path = SYSTEM_HOMES) -> Path:
    """Return the home of a Java 17 or 21, the first of `installed_javas` that Spark can use.

    An unfit JAVA_HOME is passed over, since machines often carry one for another program. Raises SetupError,
    which lists every Java that was looked at.
    """
    try:
        return SPARK.first(installed_javas(environment, system_homes))
    except SetupError as error:
        raise SetupError(
            f"Spark finds no Java; install openjdk-17-jre-headless (or 21) or set JAVA_HOME. {error}"
        ) from None


def _candidates(environment: Mapping[str, str], system_homes: Path) -> Iterator[Path]:
    if environment.get("JAVA_HOME"):
        yield Path(environment["JAVA_HOME"])
    if program := shutil.which("java", path=environment.get("PATH", "")):
        yield Path(program).resolve().parent.parent
    yield from sorted(system_homes.glob("*"))
    if "HOME" in environment:
        yield from sorted(Path(environment["HOME"], ".sdkman", "candidates", "java").glob("*"))


def _release_facts(home: Path) -> dict[str, str]:
    """Read the `release` file that every OpenJDK build carries."""
    try:
        text = (home / "release").read_text()
    except OSError:
        return {}
    return dict(re.findall(r'^(\w+)="([^"]*)"', text, re.MULTILINE))


def _spoken_facts(home: Path) -> dict[str, str]:
    """Ask the program itself, where there is no `release` file."""
    try:
        answer = subprocess.run(  # noqa: S603 the program is the Java that Spark would run
            [home / "bin" / "java", "-version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    version = re.search(r'version "([^"]+)"', answer.stderr)
    return {"JAVA_VERSION": version[1]} if version else {}


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{find_java()}\n")
    except SetupError as error:
        sys.exit(f"ticklake: {error}")
