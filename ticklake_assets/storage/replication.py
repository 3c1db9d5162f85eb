"""The embedded replicator: landing files become raw objects, byte for byte, in the process of a run.

It does what NiFi's flow does in the stack. The landing file stays; an object is created where nothing is.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from ticklake_assets.core.errors import ImmutabilityError, TransientError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.object_store import ObjectStore
from ticklake_assets.storage.raw_seals import parse_raw_key, raw_key

_IN_FLIGHT = 4


class Outcome(StrEnum):
    DELIVERED = "delivered"
    ALREADY_THERE = "already_there"
    CONFLICT = "conflict"
    FAILED = "failed"


class Delivery(NamedTuple):
    """What became of one landing file."""

    key: str
    outcome: Outcome
    size: int = 0
    """Bytes sent; 0 where nothing was."""
    problem: str = ""


class Counters(NamedTuple):
    """Totals of a sweep."""

    files: int
    """Objects created."""
    bytes: int
    already_there: int
    conflicts: int
    failed: int
    problems: tuple[str, ...]
    """One line a conflict or failure."""


class EmbeddedReplicator:
    """Brings `landing_dir/ticks/...` to `raw/ticks/...`; at most four files are in memory at a time.

    A file whose bytes are in the store already is left alone, so an interrupted sweep is resumed by the next.
    A file whose object holds other bytes is a conflict: nothing is overwritten and the file stays.
    """

    def __init__(self, landing_dir: Path, store: ObjectStore) -> None:
        self._landing = landing_dir
        self._store = store
        self._settled: dict[Path, tuple[int, int]] = {}
        """Time and size of files known to be in the store: a sweep reads only what is new."""

    def deliver(self, day: SymbolDay) -> list[str]:
        """Bring every revision of the day that lies in landing; returns their raw keys, oldest first.

        `ImmutabilityError` when the store holds other bytes under one of them (the others are delivered).
        """
        newest_last = sorted(self._files(day), key=lambda found: found[1])
        deliveries = [self._deliver(path, raw_key(day, revision)) for path, revision in newest_last]
        for delivery in deliveries:
            if delivery.outcome is Outcome.CONFLICT:
                raise ImmutabilityError(delivery.problem)
        return [delivery.key for delivery in deliveries]

    def sweep(self) -> Counters:
        """Bring everything that lies in landing; one file's conflict or failure does not stop the others."""
        with ThreadPoolExecutor(_IN_FLIGHT) as pool:
            found = [delivery for delivery in pool.map(self._attempt, sorted(self._all())) if delivery]
        outcomes = [delivery.outcome for delivery in found]
        return Counters(
            files=outcomes.count(Outcome.DELIVERED),
            bytes=sum(delivery.size for delivery in found),
            already_there=outcomes.count(Outcome.ALREADY_THERE),
            conflicts=outcomes.count(Outcome.CONFLICT),
            failed=outcomes.count(Outcome.FAILED),
            problems=tuple(delivery.problem for delivery in found if delivery.problem),
        )

    def _files(self, day: SymbolDay) -> Iterator[tuple[Path, int]]:
        first = self._landing / raw_key(day).removeprefix("raw/")
        for path in first.parent.glob(f"{first.stem}*.csv"):
            named = parse_raw_key(self._key(path))
            if named is not None and named[0] == day:
                yield path, named[1]

    def _all(self) -> Iterator[Path]:
        found = self._landing.glob("ticks/*/*/*/*.csv")
        return (path for path in found if parse_raw_key(self._key(path)) is not None)

    def _key(self, path: Path) -> str:
        return f"raw/{path.relative_to(self._landing).as_posix()}"

    def _attempt(self, path: Path) -> Delivery | None:
        key = self._key(path)
        try:
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if self._settled.get(path) == stamp:
                return Delivery(key, Outcome.ALREADY_THERE)
            delivery = self._deliver(path, key)
        except FileNotFoundError:  # taken away since it was listed
            return None
        except (OSError, TransientError) as error:
            return Delivery(key, Outcome.FAILED, problem=f"{path}: {error}")
        if delivery.outcome is not Outcome.CONFLICT:
            self._settled[path] = stamp
        return delivery

    def _deliver(self, path: Path, key: str) -> Delivery:
        data = path.read_bytes()
        try:
            self._store.create(key, data)
            outcome = Outcome.DELIVERED
        except ImmutabilityError:
            outcome = Outcome.ALREADY_THERE
        landed, stored = sha256(data).hexdigest(), sha256(self._store.get(key)).hexdigest()
        if landed != stored:
            problem = (
                f"{path} is not what {self._store.uri(key)} holds. Expected sha256 {landed}, was {stored}: "
                "nothing was overwritten; publish a correction as a new revision"
            )
            return Delivery(key, Outcome.CONFLICT, problem=problem)
        return Delivery(key, outcome, len(data) if outcome is Outcome.DELIVERED else 0)
