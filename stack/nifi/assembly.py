"""Assemble a NiFi home from Maven artefacts, once for all stacks of the user, each file held to its sha256.

`python -m stack.nifi.assembly HOME > stack/nifi/artefacts.sha256` writes the list anew for another version.
"""

from __future__ import annotations

import fcntl
import io
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from ticklake_assets.core.errors import SetupError

VERSION = "2.3.0"
"""The newest whose parts can all be had from Maven repositories."""
POM = Path(__file__).parents[1] / "templates" / "nifi" / "pom.xml"
ARTEFACTS = Path(__file__).with_name("artefacts.sha256")
_WRAPPED = f"lib/nifi-standard-nar-{VERSION}.nar"
"""Packed here, with the time of day in it: what it holds is checked instead."""
_TRUST = Path("/etc/ssl/certs/java/cacerts")
"""Debian's Java trust store, which holds the certificates that were added to the machine."""


def assemble(cache: Path, java: Path) -> Path:
    """Return the home (`lib/`, `python/`) in the cache; built by Maven where it is not there yet.

    Maven keeps what has been downloaded, so an interrupted build goes on where it stopped. Raises SetupError
    without Maven, when an artefact cannot be had, or when one has other bytes.
    """
    home = cache / f"nifi-{VERSION}"
    with _locked(cache / "maven"):
        if not home.exists():
            built = cache / f"nifi-{VERSION}.part"
            shutil.rmtree(built, ignore_errors=True)
            built.mkdir(parents=True)
            shutil.copy(POM, built / "pom.xml")
            _run_maven(built, cache / "maven", java)
            verify(built / "target" / "nifi", ARTEFACTS)
            (built / "target" / "nifi").replace(home)
            shutil.rmtree(built)
    return home


def verify(home: Path, artefacts: Path) -> None:
    """Raise SetupError unless the home holds exactly the listed files with the listed bytes."""
    wanted = set(artefacts.read_text().splitlines())
    found = {f"{digest}  {name}" for name, digest in digests(home)}
    wrong = sorted(wanted ^ found)
    if wrong:
        names = sorted({line.partition("  ")[2] for line in wrong})
        raise SetupError(
            f"NiFi {VERSION} was put together from other files. Expected those of {artefacts.name}, "
            f"was different in {', '.join(names[:3])}{' ...' if len(names) > 3 else ''}"
        )


def digests(home: Path) -> Iterator[tuple[str, str]]:
    """Name and sha256 of each jar, NAR and Python file of a home."""
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home).as_posix()
        if path.is_dir() or path.suffix == ".pyc":
            continue
        data = path.read_bytes()
        if name != _WRAPPED:
            yield name, sha256(data).hexdigest()
            continue
        with zipfile.ZipFile(io.BytesIO(data)) as nar:
            for entry in sorted(nar.namelist()):
                if entry.endswith(".jar"):
                    yield f"{name}!/{entry}", sha256(nar.read(entry)).hexdigest()


def _run_maven(project: Path, repository: Path, java: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise SetupError(
            "NiFi is put together by Maven. Expected mvn on the PATH, was none: install the package maven"
        )
    options = os.environ.get("MAVEN_OPTS", "")
    if _TRUST.exists():
        options = f"{options} -Djavax.net.ssl.trustStore={_TRUST}"
    answer = subprocess.run(  # noqa: S603 the command is our own list
        [maven, "--batch-mode", "--no-transfer-progress", "--strict-checksums", "--quiet",
         f"-Dmaven.repo.local={repository}", "package"],
        cwd=project, env={**os.environ, "JAVA_HOME": str(java), "MAVEN_OPTS": options},
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if answer.returncode:
        said = next((line for line in answer.stdout.splitlines() if "[ERROR]" in line), answer.stderr.strip())
        raise SetupError(
            f"NiFi {VERSION} from the Maven repositories. Expected a build, was {said}; try again"
        )


@contextmanager
def _locked(repository: Path) -> Iterator[None]:
    """One Maven at a time: its repository is not safe for two."""
    repository.mkdir(parents=True, exist_ok=True)
    with (repository / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    for file, digest in digests(Path(sys.argv[1])):
        sys.stdout.write(f"{digest}  {file}\n")
