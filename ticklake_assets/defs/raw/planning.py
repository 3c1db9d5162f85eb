"""Which runs the raw sensor asks for: pure, so that it is tested without Dagster."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ticklake_assets.core.symbol_day import SymbolDay, contiguous_ranges

LONGEST_RANGE = 31
MOST_ATTEMPTS = 3


@dataclass(frozen=True)
class Launch:
    """One run over a contiguous range of days of one symbol."""

    days: tuple[SymbolDay, ...]
    digest: str
    """Of the raw contents (key, etag, size) that the run would read."""
    attempt: int
    is_given_up: bool = False

    @property
    def run_key(self) -> str:
        return f"{self.digest}.{self.attempt}"


def plan_runs(
    missing: Mapping[SymbolDay, str],
    refused: Mapping[SymbolDay, str],
    in_flight: Iterable[SymbolDay],
    attempts: Callable[[str], int],
    most: int,
) -> tuple[list[Launch], list[Launch]]:
    """Split what is not in gold into runs to launch now and days given up.

    `missing` and `refused` map a day to the digest of its raw content. A refused day runs alone, so that the good
    days around it are not held up by it again, and once: what is wrong stays wrong. `attempts(digest)` says how many
    runs over that content have ended.
    """
    busy = set(in_flight)
    ranges = contiguous_ranges([day for day in missing if day not in busy], LONGEST_RANGE)
    found = [launch for days in ranges for launch in _tries(days, missing, attempts, MOST_ATTEMPTS)]
    alone = [[day] for day in sorted(refused) if day not in busy]
    found += [launch for days in alone for launch in _tries(days, refused, attempts, most=1)]
    launches = [launch for launch in found if not launch.is_given_up]
    return launches[:most], [launch for launch in found if launch.is_given_up]


def _tries(
    days: Sequence[SymbolDay], contents: Mapping[SymbolDay, str], attempts: Callable[[str], int], most: int
) -> Iterator[Launch]:
    """The range; once it has failed `most` times without a day being refused, its halves, once each.

    So a day that kills its runs, and never gets to be refused, ends up alone: the days around it are not lost.
    """
    digest = hashlib.sha256("\n".join(contents[day] for day in days).encode()).hexdigest()[:32]
    attempt = attempts(digest) + 1
    if attempt <= most or len(days) == 1:
        yield Launch(tuple(days), digest, attempt, is_given_up=attempt > most)
        return
    middle = len(days) // 2
    for half in (days[:middle], days[middle:]):
        yield from _tries(half, contents, attempts, most=1)
