"""Artefacts of Maven repositories by their coordinates, each held to its line in maven.sha256.

Maven itself fetches: it knows the machine's mirrors and proxies, and goes on where a download stopped. Its
repository lies in the cache, so that `cd CACHE/maven && sha256sum -c --ignore-missing .../maven.sha256` checks
it by hand. A new artefact needs its line there first.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path
from typing import NamedTuple, Self

from ticklake_assets.core.errors import SetupError

CHECKSUMS = Path(__file__).with_name("maven.sha256")
_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
_ATTEMPTS = 3
"""A broken connection is taken up again; what has come stays."""


class Artefact(NamedTuple):
    """Coordinates, written group:name:version:packaging[:classifier]."""

    group: str
    name: str
    version: str
    packaging: str = "jar"
    classifier: str = ""

    @classmethod
    def parse(cls, coordinates: str) -> Self:
        return cls(*coordinates.split(":"))

    @property
    def path(self) -> str:
        """Where a Maven repository keeps it."""
        suffix = f"-{self.classifier}" if self.classifier else ""
        file = f"{self.name}-{self.version}{suffix}.{self.packaging}"
        return "/".join([*self.group.split("."), self.name, self.version, file])

    def __str__(self) -> str:
        return ":".join(part for part in self if part)


def fetch(cache: Path, coordinates: str, checksums: Path = CHECKSUMS) -> Path:
    """Return the artefact's file in the cache; what is missing or broken there is fetched.

    Raises:
        SetupError: no Maven, no line for it, nothing to be had, or bytes that are not those of the line.
    """
    artefact = Artefact.parse(coordinates)
    wanted = _checksum(artefact, checksums)
    repository = cache / "maven"
    file = repository / artefact.path
    with _locked(repository):
        if file.exists() and _sha256(file) != wanted:
            file.unlink()
        if not file.exists():
            _get(repository, artefact)
    found = _sha256(file)
    if found != wanted:
        file.unlink()
        raise SetupError(f"{artefact} came with other bytes. Expected sha256 {wanted}, was {found}")
    return file


def _checksum(artefact: Artefact, checksums: Path) -> str:
    for line in checksums.read_text().splitlines():
        digest, _, path = line.partition("  ")
        if path == artefact.path:
            return digest
    raise SetupError(f"{artefact}. Expected a line for {artefact.path} in {checksums}, was none")


def fetch_all(cache: Path, pom: Path) -> None:
    """Bring what a pom depends on into the cache: one Maven for many artefacts, each of which `fetch` then checks."""
    repository = cache / "maven"
    with _locked(repository):
        _run_maven(repository, str(pom), "resolve", f"--file={pom}")


def _get(repository: Path, artefact: Artefact) -> None:
    _run_maven(repository, str(artefact), "get", f"-Dartifact={artefact}", "-Dtransitive=false")


def _run_maven(repository: Path, what: str, goal: str, *options: str) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise SetupError(
            f"Maven fetches {what}. Expected mvn on the PATH, was none: install the package maven"
        )
    command = [maven, "--batch-mode", "--no-transfer-progress", "--update-snapshots", f"{_PLUGIN}:{goal}"]
    for _ in range(_ATTEMPTS):
        answer = subprocess.run(  # noqa: S603 the command is our own list
            [*command, f"-Dmaven.repo.local={repository}", *options],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        if answer.returncode == 0:
            return
    said = next((line for line in answer.stdout.splitlines() if line.startswith("[ERROR]")), answer.stderr)
    raise SetupError(f"{what}. Expected it from the Maven repositories of this machine, was {said.strip()}")


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()


@contextmanager
def _locked(repository: Path) -> Iterator[None]:
    """One fetch at a time: a Maven repository is not safe for two."""
    repository.mkdir(parents=True, exist_ok=True)
    with (repository / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
