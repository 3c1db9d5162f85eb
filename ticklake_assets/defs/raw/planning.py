"""Which runs the raw sensor asks for: pure, so that it is tested without Dagster."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
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

    @property
    def run_key(self) -> str:
        return f"{self.digest}.{self.attempt}"


def plan(
    missing: Mapping[SymbolDay, str],
    refused: Mapping[SymbolDay, str],
    in_flight: Iterable[SymbolDay],
    attempts: Callable[[str], int],
    most: int,
) -> tuple[list[Launch], list[Launch]]:
    """Split what is not in gold into runs to launch now and runs given up.

    `missing` and `refused` map a day to the digest of its raw content. A refused day runs alone, so that the good
    days around it are not held up by it again. `attempts(digest)` says how many runs over that content have ended.
    """
    busy = set(in_flight)
    ranges = contiguous_ranges([day for day in missing if day not in busy], LONGEST_RANGE)
    ranges += [[day] for day in sorted(refused) if day not in busy]
    contents = {**missing, **refused}
    launches: list[Launch] = []
    given_up: list[Launch] = []
    for days in ranges:
        digest = hashlib.sha256("\n".join(contents[day] for day in days).encode()).hexdigest()[:32]
        launch = Launch(tuple(days), digest, attempts(digest) + 1)
        if launch.attempt > MOST_ATTEMPTS:
            given_up.append(launch)
        elif len(launches) < most:
            launches.append(launch)
    return launches, given_up
