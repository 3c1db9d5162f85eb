"""What brings landing files into the object store."""

from functools import cached_property
from pathlib import Path

import dagster as dg

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.resources.lake import Lake
from ticklake_assets.storage.replication import EmbeddedReplicator


class Replication(dg.ConfigurableResource[EmbeddedReplicator]):
    """The embedded replicator: create-only, verified, in the process of the run."""

    folder: str
    lake: dg.ResourceDependency[Lake]

    @cached_property
    def _replicator(self) -> EmbeddedReplicator:
        return EmbeddedReplicator(Path(self.folder), self.lake.store)

    def deliver(self, day: SymbolDay) -> None:
        """Bring every revision of the day that lies in landing into the store."""
        self._replicator.deliver(day)
