"""Programs of Debian's packages, unpacked into the cache by apt-get and dpkg-deb.

Nothing is installed: no rights of root are needed, and no daemon of Debian's is started. apt-get holds what it brings
to the signed lists of the release.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from stack.service import MissingProgramError
from ticklake_assets.files import locked, replace_file

_STATUS = "/var/lib/dpkg/status"
_OF_PAGES = re.compile(r"(?:^|, )((?:libjs|fonts)-[a-z0-9.+-]+)")
"""Packages that a program's pages load, the first of alternatives; all else is asked for by daemons."""


_UNREAD = ("usr/share/doc", "usr/share/man", "usr/share/javascript/moment-timezone/data")
"""200 MB that no program or page reads."""
_FOLDERS = ("bin", "sbin")
HERE = "/proc/self/cwd"
"""The working folder of a process, as it sees it itself."""


def find_program(cache: Path, package: str, program: str) -> Path | None:
    """The machine's own program, else the cache's, else None; nothing is brought."""
    if own := shutil.which(program):
        return Path(own)
    root = cache / "debian" / package / "usr"
    return next((root / folder / program for folder in _FOLDERS if (root / folder / program).exists()), None)


def bring_program(cache: Path, package: str, program: str, reads: str = "") -> Path:
    """The same, brought into the cache where there is none. Raises MissingProgramError, one line.

    `reads` is a folder of the machine that the package's programs know by this path alone; those that are unpacked
    here look into their working folder instead.
    """
    (cache / "debian").mkdir(parents=True, exist_ok=True)
    with locked(cache / "debian" / "lock"):
        if not find_program(cache, package, program):
            _unpack(cache / "debian", package, reads)
    if found := find_program(cache, package, program):
        return found
    raise MissingProgramError(f"{package}: Expected the program {program} in Debian's package, was none")


def _unpack(folder: Path, package: str, reads: str) -> None:
    """Unpack the package, and the scripts and fonts of its pages; the folder appears when it is complete."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as place:
        root, wanted, had = Path(place, "root"), {package}, set[str]()
        while new := wanted - had:
            for archive in _downloaded(Path(place), sorted(new), package):
                _run(["dpkg-deb", "-x", str(archive), str(root)], package)
                wanted |= set(_OF_PAGES.findall(_run(["dpkg-deb", "-f", str(archive), "Depends"], package)))
                archive.unlink()
            had |= new
        for program in (root / "usr" / "bin").iterdir() if reads else ():
            mode = program.stat().st_mode
            replace_file(program, program.read_bytes().replace(reads.encode(), _as_long(HERE, reads)))
            program.chmod(mode)
        for unread in _UNREAD:
            shutil.rmtree(root / unread, ignore_errors=True)
        root.rename(folder / package)


def _as_long(path: str, other: str) -> bytes:
    """The path, written with as many bytes as the other, which is longer: a program finds its texts by their place.

    >>> _as_long("/a", "/usr/b")
    b'/a/./.'
    """
    return (path + "/." * len(other))[: len(other)].encode()


def _downloaded(place: Path, names: Sequence[str], package: str) -> list[Path]:
    """By the machine's lists of packages; where they are absent or old, by lists of our own."""
    try:
        _run(["apt-get", "-qq", "download", *names], package, place)
    except MissingProgramError:
        for part in ("lists/partial", "archives/partial"):
            (place / part).mkdir(parents=True, exist_ok=True)
        own = [f"Dir::State={place}", f"Dir::State::status={_STATUS}", f"Dir::Cache={place}"]
        options = [part for each in own for part in ("-o", each)]
        _run(["apt-get", "-qq", *options, "update"], package, place)
        _run(["apt-get", "-qq", *options, "download", *names], package, place)
    return sorted(place.glob("*.deb"))


def _run(command: Sequence[str], package: str, folder: Path | None = None) -> str:
    try:
        answer = subprocess.run(  # noqa: S603 the command is our own list, never a shell string
            command, cwd=folder, capture_output=True, text=True, check=True
        )
    except OSError as error:
        said = str(error)
    except subprocess.CalledProcessError as error:
        said = (error.stderr.strip().splitlines() or ["nothing"])[-1]
    else:
        return answer.stdout
    raise MissingProgramError(
        f"{package}: Expected {command[0]} to bring Debian's package, was {said!r}: put its program on PATH"
    )
