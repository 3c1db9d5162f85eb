"""Where the bridge leaves its records of days."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from ticklake_assets.settings import Settings


class BridgeRecords(dg.ConfigurableResource[None]):
    """A folder of `SYMBOL_DAY.bridge_day.json`; empty where none is set."""

    folder: str = ""

    @classmethod
    def from_settings(cls, settings: Settings) -> BridgeRecords:
        return cls(folder="" if settings.bridge_records is None else str(settings.bridge_records))

    @property
    def path(self) -> Path | None:
        return Path(self.folder) if self.folder else None
