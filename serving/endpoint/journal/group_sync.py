"""fsync for many journals by one thread: what was written while the disk was busy is made durable together."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Literal

_LOG = logging.getLogger("ticklake.endpoint")
Durability = Literal["process", "power"]
"""What an acknowledged tick survives: the death of the process, or of the machine's power, too."""
SYNC_SECONDS = 0.2
"""Most that a power failure costs where answers do not wait for the disk."""


@dataclass
class _Dirty:
    """A file with bytes that the disk may not have yet."""

    waiters: list[Future[None]] = field(default_factory=list)
    size: int = 0
    """Bytes written since the last sync."""
    is_last: bool = False
    """Nobody writes any more: the thread closes it once it is synced, so that no sync meets a closed file."""


class GroupSync:
    """Sync files soon, or, with `power`, before their ticks are acknowledged; closes them, too.

    Its methods are the loop's; they never wait for the disk. A file that cannot be synced fails its waiters with the
    disk's OSError.
    """

    def __init__(
        self, durability: Durability = "process", fdatasync: Callable[[int], None] = os.fdatasync
    ) -> None:
        self.waits = durability == "power"
        self._fdatasync = fdatasync
        self._dirty: dict[int, _Dirty] = {}
        self._failed: dict[int, OSError] = {}
        """Of files that nobody waited for when they failed: the system says it once, and a later sync would pass."""
        self._changed = threading.Condition()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal-sync", daemon=True)
        self._thread.start()

    @property
    def unsynced_bytes(self) -> int:
        """What a power failure would cost now, about."""
        return sum(dirty.size for dirty in tuple(self._dirty.values()))

    def written(self, descriptor: int, size: int) -> None:
        """Note that the file has new bytes."""
        dirty = self._dirty.get(descriptor)
        if dirty is None:
            self._note(descriptor, size=size)
        else:
            dirty.size += size

    def synced(self, descriptor: int) -> Future[None]:
        """Done when everything written so far is on the disk."""
        waiter: Future[None] = Future()
        self._note(descriptor, waiter=waiter)
        return waiter

    def close_file(self, descriptor: int) -> None:
        self._note(descriptor, is_last=True)

    def close(self) -> None:
        """Sync and close what is left, then end."""
        with self._changed:
            self._ends.set()
            self._changed.notify()
        self._thread.join()

    def _note(
        self,
        descriptor: int,
        *,
        size: int = 0,
        waiter: Future[None] | None = None,
        is_last: bool = False,
    ) -> None:
        with self._changed:
            dirty = self._dirty.setdefault(descriptor, _Dirty())
            dirty.size += size
            dirty.is_last |= is_last
            if waiter is not None:
                dirty.waiters.append(waiter)
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._dirty and not self._ends.is_set():
                    self._changed.wait()
                dirty, self._dirty = self._dirty, {}
            if not dirty:
                return
            for descriptor, file in dirty.items():
                error = self._failed.pop(descriptor, None) or self._sync(descriptor)
                if error is not None:
                    _LOG.error("A journal is not on the disk: %s", error)
                if file.is_last:
                    os.close(descriptor)
                elif error is not None and not file.waiters:
                    self._failed[descriptor] = error
                for waiter in file.waiters:
                    _tell(waiter, error)
            if not self.waits:
                self._ends.wait(SYNC_SECONDS)

    def _sync(self, descriptor: int) -> OSError | None:
        try:
            self._fdatasync(descriptor)
        except OSError as error:
            return error
        return None


def _tell(waiter: Future[None], error: OSError | None) -> None:
    if not waiter.set_running_or_notify_cancel():  # its client has gone
        return
    if error is None:
        waiter.set_result(None)
    else:
        waiter.set_exception(error)
