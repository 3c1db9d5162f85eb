"""The embedded replicator: landing files become raw objects, byte for byte, in the process of a run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from ticklake_assets.core.day_files import raw_key
from ticklake_assets.core.errors import ImmutabilityError, SourceError, TransientError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.plain_files import read_plain
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.raw.seals import newest_revision
from ticklake_assets.storage.replication.landing_folder import LandedFile, LandingFolder
from ticklake_assets.storage.replication.replicator import WINDOW_S, Status

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
    """Keeps the promise of `replicator.py` whenever it is called; at most four files are in memory at a time."""

    def __init__(self, landing: Path, store: ObjectStore) -> None:
        self._landing = LandingFolder(landing)
        self._store = store

    def deliver(self, day: SymbolDay) -> list[str]:
        moved = [found for file in self._landing.waiting(day) if (found := self._move(file))]
        keys = {delivery.key for delivery in moved}
        # What was taken earlier is looked at again: somebody may have deleted or changed it in the lake since.
        moved += [self._put(file).delivery for file in self._landing.taken(day) if file.key not in keys]
        newest = newest_revision(self._store, day)
        for delivery in moved:
            if delivery.outcome is Outcome.CONFLICT and delivery.key == raw_key(day, newest):
                raise ImmutabilityError(delivery.problem)
        self._landing.require_no_conflict(day, newest)
        return [file.key for file in self._landing.taken(day)]

    def sweep(self) -> Counters:
        """Bring everything that waits; one file's conflict or failure does not stop the others."""
        with ThreadPoolExecutor(_IN_FLIGHT) as pool:
            return _counted([found for found in pool.map(self._attempt, self._landing.waiting()) if found])

    def status(self) -> Status:
        files, size = self._landing.taken_within(WINDOW_S)
        return Status(
            mover="embedded",
            state="on demand",
            queues=(self._landing.queue(),),
            files_a_minute=files * 60 / WINDOW_S,
            bytes_a_minute=size * 60 / WINDOW_S,
            conflicts=len(self._landing.refused()),
            failed=0,
            bulletins=(),
        )

    def _attempt(self, file: LandedFile) -> Delivery | None:
        try:
            return self._move(file)
        except (OSError, SourceError, TransientError) as error:
            return Delivery(file.key, Outcome.FAILED, problem=f"{file.path}: {error}")

    def _move(self, file: LandedFile) -> Delivery | None:
        """Put a waiting file into the store and move it on; None where another mover was faster."""
        try:
            delivery, data = self._put(file)
        except FileNotFoundError:
            return None
        if delivery.outcome is not Outcome.CONFLICT:
            self._landing.take(file.path, data)
            return delivery
        kept = self._landing.refuse(file.path, data)
        return delivery._replace(problem=f"{delivery.problem}; the file is kept as {kept}")

    def _put(self, file: LandedFile) -> _Put:
        """Create the object where nothing is, and read back what lies there."""
        data = read_plain(file.path)
        try:
            self._store.create(file.key, data)
            outcome = Outcome.DELIVERED
        except ImmutabilityError:
            outcome = Outcome.ALREADY_THERE
        landed, stored = sha256(data).hexdigest(), sha256(self._store.get(file.key)).hexdigest()
        if landed == stored:
            return _Put(Delivery(file.key, outcome, len(data) if outcome is Outcome.DELIVERED else 0), data)
        problem = (
            f"{file.path} is not what {self._store.uri(file.key)} holds. Expected sha256 {landed}, was {stored}: "
            "nothing was overwritten; publish a correction as a new revision"
        )
        return _Put(Delivery(file.key, Outcome.CONFLICT, problem=problem), data)


class _Put(NamedTuple):
    delivery: Delivery
    data: bytes
    """What was read from the file."""


def _counted(found: list[Delivery]) -> Counters:
    outcomes = [delivery.outcome for delivery in found]
    return Counters(
        files=outcomes.count(Outcome.DELIVERED),
        bytes=sum(delivery.size for delivery in found),
        already_there=outcomes.count(Outcome.ALREADY_THERE),
        conflicts=outcomes.count(Outcome.CONFLICT),
        failed=outcomes.count(Outcome.FAILED),
        problems=tuple(delivery.problem for delivery in found if delivery.problem),
    )
