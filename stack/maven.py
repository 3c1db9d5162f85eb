"""Artefacts of Maven repositories by their coordinates, each held to its line in maven.sha256.

Maven knows the machine's mirrors, and says where it gets an artefact; but a download of Maven's that breaks off begins
anew. So `fetch`, which is for the large ones, downloads from that place itself (`stack/download.py`). The repository
lies in the cache, where `cd CACHE/maven && sha256sum -c --ignore-missing .../maven.sha256` checks it by hand. A new
artefact needs its line there first.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

from stack.download import download, part_of, sha256_of
from stack.interruption import interrupted
from ticklake_assets.core.errors import SetupError
from ticklake_assets.files import locked

CHECKSUMS = Path(__file__).with_name("maven.sha256")
_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
_TRUST = Path("/etc/ssl/certs/java/cacerts")
"""Debian's trust store, which holds the certificates that were added to the machine; other Javas have their own."""
_ATTEMPTS = 3
"""A broken connection is tried again; whole files that have come stay."""


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
    """Return the artefact's file in the cache; what is missing or broken there is fetched, a part of it completed.

    Raises:
        SetupError: no Maven, no line for it, nothing to be had, or bytes that are not those of the line.
    """
    artefact = Artefact.parse(coordinates)
    wanted = _checksum(artefact, checksums)
    repository = cache / "maven"
    file = repository / artefact.path
    with locked(repository / "lock"):
        if file.exists() and sha256_of(file) != wanted:
            file.unlink()
        if not file.exists():
            _get(repository, artefact, wanted)
    found = sha256_of(file)
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
    with locked(repository / "lock"):
        run_maven(repository, str(pom), f"{_PLUGIN}:resolve", f"--file={pom}")


def _get(repository: Path, artefact: Artefact, sha256: str) -> None:
    file = repository / artefact.path
    try:
        download(_address(repository, artefact), file, sha256)
    except SetupError:
        if interrupted.is_set() or part_of(file).exists():
            raise
        _ask_maven(
            repository, artefact
        )  # which alone has the password or the proxy of the machine's settings


def _address(repository: Path, artefact: Artefact) -> str:
    """URL of the artefact: beside its pom, which is small, and of which Maven says where it is from."""
    pom = artefact._replace(packaging="pom", classifier="")
    (repository / pom.path).unlink(missing_ok=True)
    said = _ask_maven(repository, pom)
    place = re.search(rf" (https?://\S+/){re.escape(pom.path)}\b", said)
    if place is None:
        raise SetupError(
            f"{artefact}. Expected Maven to name the server of {pom.path}, was {said.strip()[-200:]}"
        )
    return place[1] + artefact.path


def _ask_maven(repository: Path, artefact: Artefact) -> str:
    return run_maven(
        repository, str(artefact), f"{_PLUGIN}:get", f"-Dartifact={artefact}", "-Dtransitive=false"
    )


def run_maven(repository: Path, what: str, *arguments: str, java: Path | None = None) -> str:
    """Run Maven over a repository in the cache, on the Java of the machine or on `java`; return what it printed.

    Raises SetupError, which names `what`, without Maven, when something cannot be had and on Ctrl-C.
    """
    maven = shutil.which("mvn")
    if maven is None:
        raise SetupError(
            f"Maven fetches {what}. Expected mvn on the PATH, was none: install the package maven"
        )
    command = [maven, "--batch-mode", "--update-snapshots", "--strict-checksums"]
    command += [f"-Dmaven.repo.local={repository}", *arguments]
    environment = {"JAVA_HOME": str(java)} if java else {}
    if _TRUST.exists():
        command.append(f"-Djavax.net.ssl.trustStore={_TRUST}")
    for _ in range(_ATTEMPTS):
        answer = _run(command, {**os.environ, **environment})
        if interrupted.is_set():
            raise SetupError(f"{what}: interrupted while it is fetched")
        if answer.returncode == 0:
            return answer.stdout
    said = next((line for line in answer.stdout.splitlines() if line.startswith("[ERROR]")), answer.stderr)
    raise SetupError(f"{what}. Expected it from the Maven repositories of this machine, was {said.strip()}")


def _run(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run it to its end, which a Ctrl-C brings about at once."""
    with subprocess.Popen(  # noqa: S603 the command is our own list
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while True:
            if interrupted.is_set():
                process.terminate()
            with suppress(subprocess.TimeoutExpired):
                output, complaints = process.communicate(timeout=0.2)
                return subprocess.CompletedProcess(command, process.returncode, output, complaints)
