"""Which runs the raw sensor asks for: pure, so that it is tested without Dagster."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from ticklake_assets.core.symbol_day import SymbolDay, contiguous_ranges

LONGEST_RANGE = 31
MOST_ATTEMPTS = 3
FIRST_WAIT_S, LONGEST_WAIT_S = 60.0, 3_600.0
"""Before a day that has failed alone, and was not refused, is tried once more; doubled from time to time."""
RETRIES_A_LOOK = 1
"""What is down for one is down for all: one of them finds out."""


class Tries(NamedTuple):
    """The runs over a content that have ended."""

    total: int = 0
    lately: int = 0
    """Since somebody asked for it to be tried again."""
    ended_s_ago: float = inf
    """The last of them."""


@dataclass(frozen=True)
class Launch:
    """One run over a contiguous range of days of one symbol."""

    days: tuple[SymbolDay, ...]
    digest: str
    """Of the raw contents (key, etag, size) that the run would read."""
    attempt: int
    waits_s: float = 0.0
    """Seconds until it is due; infinity where it is given up."""
    is_retry: bool = False

    @property
    def is_given_up(self) -> bool:
        return self.waits_s == inf

    @property
    def run_key(self) -> str:
        return f"{self.digest}.{self.attempt}"


def plan_runs(
    missing: Mapping[SymbolDay, str],
    refused: Mapping[SymbolDay, str],
    in_flight: Iterable[SymbolDay],
    tries: Callable[[str], Tries],
    most: int,
) -> tuple[list[Launch], list[Launch]]:
    """Split what is not in gold into runs to launch now and those that wait or are given up.

    `missing` and `refused` map a day to the digest of its raw content. A refused day runs alone, so that the good
    days around it are not held up by it again, and once: what is wrong stays wrong. Any other failure may be of a
    service that is away: it is tried again with longer and longer waits, for as long as it takes. `tries(digest)`
    tells of the runs over that content.
    """
    busy = set(in_flight)
    ranges = contiguous_ranges([day for day in missing if day not in busy], LONGEST_RANGE)
    found = [launch for days in ranges for launch in _tries(days, missing, tries, MOST_ATTEMPTS)]
    for day in sorted(set(refused) - busy):
        digest = _digest([day], refused)
        tried = tries(digest)
        found.append(Launch((day,), digest, tried.total + 1, waits_s=inf if tried.lately else 0.0))
    due = [launch for launch in found if not launch.waits_s]
    retries = [launch for launch in due if launch.is_retry]
    launches = [launch for launch in due if not launch.is_retry] + retries[:RETRIES_A_LOOK]
    return launches[:most], [launch for launch in found if launch.waits_s]


def _tries(
    days: Sequence[SymbolDay], contents: Mapping[SymbolDay, str], tries: Callable[[str], Tries], most: int
) -> Iterator[Launch]:
    """The range; once it has failed `most` times without a day being refused, its halves, once each.

    So a day that kills its runs, and never gets to be refused, ends up alone: the days around it are not lost.
    """
    digest = _digest(days, contents)
    tried = tries(digest)
    if tried.lately < most:
        yield Launch(tuple(days), digest, tried.total + 1)
        return
    if len(days) == 1:
        wait_s = min(FIRST_WAIT_S * 2.0 ** min(tried.lately - most, 30), LONGEST_WAIT_S)
        left_s = max(0.0, wait_s - tried.ended_s_ago)
        yield Launch(tuple(days), digest, tried.total + 1, left_s, is_retry=True)
        return
    middle = len(days) // 2
    for half in (days[:middle], days[middle:]):
        yield from _tries(half, contents, tries, most=1)


def _digest(days: Sequence[SymbolDay], contents: Mapping[SymbolDay, str]) -> str:
    return hashlib.sha256("\n".join(contents[day] for day in days).encode()).hexdigest()[:32]
