"""Where ticks come from and the local folder that they land in."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import dagster as dg

from ticklake_assets.core.instruments import instrument
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.settings import Settings
from ticklake_assets.sources.landing_csv import Landed, publish_day
from ticklake_assets.sources.open_source import open_source
from ticklake_assets.sources.source import TickSource
from ticklake_assets.sources.synthetic import SyntheticSource


class Landing(dg.ConfigurableResource[TickSource]):
    """The landing folder and the sources of ticks: one for real symbols, the synthetic market for `SYN...`."""

    folder: str
    source: str = "dukascopy"
    source_dir: str = ""
    dialect: str = ""
    feed: str = "json"
    feed_url: str = ""
    cache: str = ""
    seed: int = 1
    strength: float = 1.0
    dirty: bool = True

    @classmethod
    def from_settings(cls, settings: Settings) -> Landing:
        return cls(
            folder=str(settings.landing_dir),
            source=settings.source,
            source_dir=str(settings.source_dir or ""),
            dialect=settings.source_dialect,
            feed=settings.dukascopy_feed,
            feed_url=settings.dukascopy_url,
            cache=str(settings.home.absolute() / "cache"),
            seed=settings.synthetic_seed,
            strength=settings.synthetic_strength,
            dirty=settings.synthetic_dirt,
        )

    def source_of(self, symbol: str) -> TickSource:
        if instrument(symbol).is_synthetic:
            return SyntheticSource(self.seed, self.strength, self.dirty)
        return self._real

    @cached_property
    def _real(self) -> TickSource:
        return open_source(
            self.source,
            folder=Path(self.source_dir) if self.source_dir else None,
            dialect=self.dialect,
            feed=self.feed,
            feed_url=self.feed_url,
            cache=Path(self.cache),
        )

    def land(self, day: SymbolDay) -> tuple[Landed, int]:
        """Fetch a day and publish it as a CSV in the landing folder; returns the file and its rows."""
        table = self.source_of(day.symbol).fetch_day(day)
        return publish_day(Path(self.folder), day, table), table.num_rows
