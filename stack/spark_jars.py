"""The jars that Spark lacks for S3 and Iceberg, in one folder of the cache.

templates/spark/jars.xml says which and why, for Maven; jars.sha256 lists what of it is used, each with its checksum,
which `cd CACHE/maven && sha256sum -c .../jars.sha256` tests by hand.
"""

from __future__ import annotations

import os
import tempfile
from hashlib import sha256
from pathlib import Path

from stack.maven import Artefact, fetch, fetch_all

_TEMPLATES = Path(__file__).with_name("templates") / "spark"
POM, LIST = _TEMPLATES / "jars.xml", _TEMPLATES / "jars.sha256"
_LARGE = "org.apache.iceberg:iceberg-spark-runtime-4.1_2.13:1.11.0"
"""48 MB: fetched before Maven looks at the pom, which begins a broken download anew."""


def jars_folder(cache: Path) -> Path:
    """Another list is another folder."""
    return cache / f"spark-jars-{sha256(LIST.read_bytes()).hexdigest()[:12]}"


def install_jars(cache: Path) -> None:
    """Link every jar of the list into the folder, verified; the folder appears when it is complete."""
    folder = jars_folder(cache)
    if folder.exists():
        return
    fetch(cache, _LARGE, LIST)
    fetch_all(cache, POM)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".spark-jars-") as temporary:
        complete = Path(temporary, "jars")
        complete.mkdir()
        for artefact in listed():
            os.link(fetch(cache, str(artefact), LIST), complete / Path(artefact.path).name)
        try:
            complete.rename(folder)
        except OSError:
            if not folder.exists():  # another stack was not faster
                raise


def listed() -> list[Artefact]:
    """The artefacts of the list, whose paths are those of a Maven repository."""
    return [_artefact(line.split()[1]) for line in LIST.read_text().splitlines()]


def _artefact(path: str) -> Artefact:
    *group, name, version, _file = path.split("/")
    return Artefact(".".join(group), name, version)
