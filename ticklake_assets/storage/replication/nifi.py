"""NiFi as the replicator: its flow moves the files, this watches and waits for it.

Nothing is copied here. With two movers NiFi's queues, back pressure and provenance would tell half of the story.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx

from ticklake_assets.core.day_files import raw_key
from ticklake_assets.core.errors import SetupError, TransientError
from ticklake_assets.core.landing_folders import NIFI_FLOW
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.credentials import hidden
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.raw.seals import newest_revision
from ticklake_assets.storage.replication.landing_folder import LandingFolder
from ticklake_assets.storage.replication.replicator import WINDOW_S, Queue, Status

DELIVERED = "Delivered"
"""Its processor that every file passes whose bytes the lake holds."""
QUEUES = ("listed", "to fetch", "to put", "put", "in conflict", "failed", "not kept")
"""Its queues, on the way of a file."""
GIVEN_UP = {"failed", "not kept"}
"""Those that nothing empties: files that were given up."""
_LOOK_S = 0.5
_NEWEST = 10


class NiFiReplicator:
    """Keeps the promise of `replicator.py` by the flow that `ticklake replicate deploy` puts into NiFi."""

    def __init__(self, landing: Path, store: ObjectStore, url: str, patience_s: float = 120.0) -> None:
        self._landing = LandingFolder(landing)
        self._store = store
        self._url = url.rstrip("/")
        self._patience_s = patience_s

    def deliver(self, day: SymbolDay) -> list[str]:
        deadline = time.monotonic() + self._patience_s
        while pending := self._pending(day):
            if time.monotonic() > deadline:
                raise TransientError(
                    f"{pending[0]} was not brought by NiFi at {hidden(self._url)}. Expected it in the lake within "
                    f"{self._patience_s:g} s, was none: see `ticklake replicate status`"
                )
            time.sleep(_LOOK_S)
        self._landing.require_no_conflict(day, newest_revision(self._store, day))
        return [file.key for file in self._landing.taken(day) if not self._landing.is_refused(file)]

    def status(self) -> Status:
        with httpx.Client(base_url=f"{self._url}/nifi-api", timeout=10) as client:
            group = self._group(client)
            shown = self._get(client, f"/flow/process-groups/{group}/status")["processGroupStatus"]
            complaints = self._get(client, f"/flow/bulletin-board?groupId={group}&limit={_NEWEST}")
        now = shown["aggregateSnapshot"]
        processors = [entry["processorStatusSnapshot"] for entry in now["processorStatusSnapshots"]]
        (delivered,) = (entry for entry in processors if entry["name"] == DELIVERED)
        queues = [_queue(entry["connectionStatusSnapshot"]) for entry in now["connectionStatusSnapshots"]]
        return Status(
            mover=hidden(self._url),
            state=_state({entry["runStatus"] for entry in processors}),
            queues=(self._landing.queue(), *sorted(queues, key=lambda queue: QUEUES.index(queue.name))),
            files_a_minute=delivered["flowFilesIn"] * 60 / WINDOW_S,
            bytes_a_minute=delivered["bytesIn"] * 60 / WINDOW_S,
            conflicts=len(self._landing.refused()),
            failed=sum(queue.files for queue in queues if queue.name in GIVEN_UP),
            bulletins=tuple(
                f"{entry['bulletin']['timestamp']} {entry['bulletin']['sourceName']}: {entry['bulletin']['message']}"
                for entry in complaints["bulletinBoard"]["bulletins"]
                if "bulletin" in entry
            ),
        )

    def _pending(self, day: SymbolDay) -> list[str]:
        """Keys of the day that are still to come: files that wait, and files that are in NiFi's queues."""
        waiting = [file.key for file in self._landing.waiting(day)]
        taken = [file.key for file in self._landing.taken(day)]
        stem = raw_key(day).removesuffix("csv")
        stored = {found.key for found in self._store.list(stem)} if taken else set()
        return waiting + [key for key in taken if key not in stored]

    def _group(self, client: httpx.Client) -> str:
        flow = self._get(client, "/flow/process-groups/root")["processGroupFlow"]["flow"]
        for group in flow["processGroups"]:
            if group["component"]["name"] == NIFI_FLOW:
                return str(group["id"])
        raise SetupError(
            f"NiFi at {hidden(self._url)}. Expected the flow {NIFI_FLOW!r}, was none: `ticklake replicate deploy`"
        )

    def _get(self, client: httpx.Client, path: str) -> Any:
        try:
            return client.get(path).raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:  # another server's page is no JSON
            said = str(error).partition("\n")[0]
            raise TransientError(
                f"NiFi at {hidden(self._url)}. Expected an answer, was {said}: is it running?"
            ) from error


def _queue(shown: dict[str, Any]) -> Queue:
    percent = max(int(shown["percentUseCount"]), int(shown["percentUseBytes"]))
    return Queue(shown["name"], shown["flowFilesQueued"], shown["bytesQueued"], percent)


def _state(states: set[str]) -> str:
    if states == {"Running"}:
        return "running"
    return "partly running" if "Running" in states else "stopped"
