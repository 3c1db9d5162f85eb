"""What every replicator promises, whoever moves the bytes: the process of a run, or NiFi's flow.

A file that waits in the landing folder becomes an object of the same bytes, created where nothing is and read
back, and the file moves on to `done/`. Where the store holds other bytes nothing is overwritten, and the file is kept
in `conflict/`. Both may be interrupted anywhere: the next look goes on, and the same file again changes nothing.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from ticklake_assets.core.symbol_day import SymbolDay

WINDOW_S = 300
"""Rates are means over the last five minutes, as NiFi's are."""


class Queue(NamedTuple):
    """Files on their way."""

    name: str
    files: int
    bytes: int
    percent: int
    """How full it is; at 100 what feeds it waits (back pressure). 0 where nothing bounds it."""


class Status(NamedTuple):
    """How replication is doing, for people and for Dagster."""

    mover: str
    """`embedded`, or the address of NiFi."""
    state: str
    """`on demand`, `running`, `stopped` or `partly running`."""
    queues: tuple[Queue, ...]
    """The landing folder first."""
    files_a_minute: float
    bytes_a_minute: float
    conflicts: int
    """Files in conflict that wait for a person."""
    failed: int
    """Files that NiFi has given up; they are kept in its last queue."""
    bulletins: tuple[str, ...]
    """The newest complaints, oldest first."""

    @property
    def fullest(self) -> int:
        """Percent of the fullest queue."""
        return max(queue.percent for queue in self.queues)


class Replicator(Protocol):
    """Brings landing files to the lake."""

    def deliver(self, day: SymbolDay) -> list[str]:
        """See to it that every landed revision of the day lies in the lake; returns their keys, oldest first.

        `ImmutabilityError` while the day's newest revision is in conflict (the others are delivered; an older one's
        conflict is only counted), `TransientError` when the lake cannot be reached in time.
        """

    def status(self) -> Status:
        """How it is doing now; reads only."""
