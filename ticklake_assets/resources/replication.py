"""What brings landing files into the object store."""

from functools import cached_property
from pathlib import Path

import dagster as dg

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.credentials import revealed
from ticklake_assets.resources.lake import Lake
from ticklake_assets.storage.replication.embedded import EmbeddedReplicator
from ticklake_assets.storage.replication.nifi import NiFiReplicator
from ticklake_assets.storage.replication.replicator import Replicator, Status


class Replication(dg.ConfigurableResource[Replicator]):
    """Create-only, verified: NiFi's flow where an address is given, else the process of the run."""

    folder: str
    nifi_url: str = ""
    lake: dg.ResourceDependency[Lake]

    @cached_property
    def _replicator(self) -> Replicator:
        if self.nifi_url:
            return NiFiReplicator(Path(self.folder), self.lake.store, revealed(self.nifi_url))
        return EmbeddedReplicator(Path(self.folder), self.lake.store)

    def deliver(self, day: SymbolDay) -> None:
        """See to it that every landed revision of the day lies in the store."""
        self._replicator.deliver(day)

    def status(self) -> Status:
        """How replication is doing now."""
        return self._replicator.status()
