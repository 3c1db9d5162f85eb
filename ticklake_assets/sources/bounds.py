"""How large what a stranger's file stands for may get: a few kilobytes can unpack to terabytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ticklake_assets.core.errors import SourceError

MOST_BYTES = 64 << 30
"""Unpacked: a billion quotes."""
MOST_RATIO = 200
"""Of unpacked to packed bytes: quotes reach 10 to 40."""
ANY_RATIO_BYTES = 64 << 20
"""Up to here the ratio isn't asked: it does no harm."""
MOST_MEMBERS = 10_000
"""Of an archive."""
LONGEST_LINE = 64 << 10
MOST_DAY_BYTES = 2 << 30
"""That are read at once for a day: thirty million quotes."""
MOST_HOUR_BYTES = 64 << 20
"""Of an hour, packed or not: 3.3 million quotes in bi5, ten times the busiest hours."""


def within(
    chunks: Iterable[bytes], packed_bytes: int, where: object, most_bytes: int = MOST_BYTES
) -> Iterator[bytes]:
    """The same chunks, up to a bound; SourceError where there are more."""
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > most_bytes:
            raise SourceError(f"{where}: Expected at most {most_bytes:,} bytes unpacked, was more")
        if total > ANY_RATIO_BYTES and total > MOST_RATIO * packed_bytes:
            raise SourceError(
                f"{where}: Expected at most {MOST_RATIO} times its {packed_bytes:,} bytes unpacked, was more"
            )
        yield chunk


def read_hour(path: Path) -> bytes:
    """The content of a file of one hour; SourceError for one that is too large to be that."""
    with path.open("rb") as file:
        data = file.read(MOST_HOUR_BYTES + 1)
    if len(data) > MOST_HOUR_BYTES:
        raise SourceError(
            f"{path}: Expected an hour of at most {MOST_HOUR_BYTES >> 20} MiB, was {path.stat().st_size:,} bytes"
        )
    return data
