"""Assemble a NiFi home from Maven artefacts, once for all stacks of the user, each file held to its sha256.

`python -m stack.nifi.assembly HOME > stack/nifi/artefacts.sha256` writes the list anew for another version.
"""

from __future__ import annotations

import io
import shutil
import sys
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from stack.maven import fetch, run_maven
from ticklake_assets.core.errors import SetupError
from ticklake_assets.files import locked

VERSION = "2.3.0"
"""The newest whose parts can all be had from Maven repositories."""
POM = Path(__file__).parents[1] / "templates" / "nifi" / "pom.xml"
ARTEFACTS = Path(__file__).with_name("artefacts.sha256")
_LARGE = [
    f"org.apache.nifi:nifi-{part}-nar:{VERSION}:nar" for part in ("framework", "standard-shared", "jetty")
]
"""Half of the bytes: fetched before Maven builds, which begins a broken download anew."""
_WRAPPED = f"lib/nifi-standard-nar-{VERSION}.nar"
"""Packed here, with the time of day in it: what it holds is checked instead."""


def assemble(cache: Path, java: Path) -> Path:
    """Return the home (`lib/`, `python/`) in the cache; built by Maven where it is not there yet.

    What has been downloaded stays in Maven's repository, whole files and parts of large ones, so an interrupted
    build goes on where it stopped. Raises SetupError without Maven, when an artefact cannot be had, or when one has
    other bytes.
    """
    home = cache / f"nifi-{VERSION}"
    if home.exists():
        return home
    for large in _LARGE:
        fetch(cache, large)
    with locked(cache / "maven" / "lock"):
        if not home.exists():
            built = cache / f"nifi-{VERSION}.part"
            shutil.rmtree(built, ignore_errors=True)
            built.mkdir(parents=True)
            shutil.copy(POM, built / "pom.xml")
            pom = f"--file={built / 'pom.xml'}"
            run_maven(cache / "maven", f"NiFi {VERSION}", pom, "package", java=java)
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


if __name__ == "__main__":
    for file, digest in digests(Path(sys.argv[1])):
        sys.stdout.write(f"{digest}  {file}\n")
