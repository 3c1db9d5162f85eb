"""Where ticks come from and the local folder that they land in."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import dagster as dg

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.settings import Settings
from ticklake_assets.sources.landing_csv import Landed, publish_day
from ticklake_assets.sources.open_source import open_source
from ticklake_assets.sources.source import TickSource


class Landing(dg.ConfigurableResource[TickSource]):
    """A source of ticks and the landing folder."""

    folder: str
    source_kind: str
    source_folder: str = ""
    dialect: str = ""
    seed: int = 1
    strength: float = 1.0
    dirty: bool = False
    cache: str = ""

    @classmethod
    def from_settings(cls, settings: Settings) -> Landing:
        return cls(
            folder=str(settings.landing_dir),
            source_kind=settings.source,
            source_folder=str(settings.source_dir or ""),
            dialect=settings.source_dialect,
            seed=settings.source_seed,
            strength=settings.source_strength,
            dirty=settings.source_dirt,
            cache=str(settings.home.absolute() / "cache"),
        )

    @cached_property
    def source(self) -> TickSource:
        return open_source(
            self.source_kind,
            folder=Path(self.source_folder) if self.source_folder else None,
            dialect=self.dialect,
            seed=self.seed,
            strength=self.strength,
            dirty=self.dirty,
            cache=Path(self.cache),
        )

    def land(self, day: SymbolDay) -> tuple[Landed, int]:
        """Fetch a day and publish it as a CSV in the landing folder; returns the file and its rows."""
        table = self.source.fetch_day(day)
        return publish_day(Path(self.folder), day, table), table.num_rows
