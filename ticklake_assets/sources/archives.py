"""Tables inside of zip archives; a path leads into one: `ticks.zip/EURUSD_2019.csv`."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from ticklake_assets.core.errors import SourceError
from ticklake_assets.sources.bounds import MOST_MEMBERS

ARCHIVE = ".zip"
PACKED_TABLES = (".csv", ".tsv")
"""What a member's name ends with that holds ticks: HistData packs a report in .txt beside them."""
_KNOWN_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""The others unpack without a bound on a single step."""
_ENCRYPTED = 1


def archive_of(path: Path) -> tuple[Path, str]:
    """The file that a path leads to, and the member inside of it; no member where it is a file itself."""
    for parent in (path, *path.parents):
        if parent.suffix.lower() == ARCHIVE and parent.is_file():
            return parent, "" if parent == path else path.relative_to(parent).as_posix()
    return path, ""


def members_of(archive: Path) -> list[Path]:
    """Paths of the visible files in an archive, in a fixed order; a member is never written under its name."""
    with _opened(archive) as held:
        infos = held.infolist()
    if len(infos) > MOST_MEMBERS:
        raise SourceError(f"{archive}: Expected at most {MOST_MEMBERS:,} members, was {len(infos):,}")
    names = sorted({info.filename for info in infos if not info.is_dir()})
    return [archive / name for name in names if _is_visible(name)]


def table_at(path: Path) -> Path:
    """The path itself, or into an archive with one table; SourceError where an archive has more or none."""
    if path.suffix.lower() != ARCHIVE or not path.is_file():
        return path
    members = members_of(path)
    members = [member for member in members if member.name.lower().endswith(PACKED_TABLES)] or members
    if len(members) != 1:
        named = f", like {members[0]}" if members else ""
        raise SourceError(f"{path}: Expected one member, was {len(members)}: say which{named}")
    return members[0]


def chunks_of(archive: Path, member: str, size: int) -> Iterator[bytes]:
    """The content of a member, `size` bytes at most at a time; SourceError where it is damaged."""
    with _opened(archive) as held:
        try:
            info = held.getinfo(member)
        except KeyError:
            raise SourceError(f"{archive}: Expected a member {member}, was none") from None
        if info.compress_type not in _KNOWN_METHODS or info.flag_bits & _ENCRYPTED:
            raise SourceError(
                f"{archive / member}: Expected a member that is stored or deflated and not encrypted, was "
                f"method {info.compress_type}{', encrypted' if info.flag_bits & _ENCRYPTED else ''}"
            )
        with held.open(info) as stream:
            while chunk := stream.read(size):
                yield chunk


def packed_bytes(archive: Path, member: str) -> int:
    with _opened(archive) as held:
        return held.getinfo(member).compress_size


@contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(archive) as held:
            yield held
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError) as error:
        raise SourceError(f"{archive}: Expected a sound zip archive, was not ({error})") from None


def _is_visible(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return bool(parts) and not any(part[0] in "./" or part == "__MACOSX" for part in parts)
