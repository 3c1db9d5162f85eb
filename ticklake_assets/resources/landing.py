"""Where ticks come from and the local folder that they land in."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import dagster as dg

from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.credentials import masked, revealed
from ticklake_assets.resources.endpoint_calls import EndpointCalls
from ticklake_assets.settings import Settings
from ticklake_assets.sources.dukascopy import HourFetched
from ticklake_assets.sources.landing import LandedDay, land_day
from ticklake_assets.sources.open_source import open_source
from ticklake_assets.sources.source import TickSource


class SourceConfig(dg.Config):
    """The settings that say which ticks are landed; as run config they take the place of the code server's."""

    source: str = "dukascopy"
    source_dir: str = ""
    dialect: str = ""
    dialects: str = ""
    zone: str = ""
    url: str = ""
    endpoint: str = ""
    keys_dir: str = ""
    """Of the endpoint's token."""
    seed: int = 1
    strength: float = 1.0
    is_dirty: bool = True

    @classmethod
    def from_settings(cls, settings: Settings) -> SourceConfig:
        return cls(
            source=settings.source,
            # Absolute, because a run may start in another folder than the command that asked for it.
            source_dir=str(settings.source_dir.absolute()) if settings.source_dir else "",
            dialect=settings.source_dialect,
            dialects=str(settings.dialects.absolute()) if settings.dialects else "",
            zone=settings.source_zone,
            url=masked(settings.source_url),
            endpoint=masked(settings.endpoint_url),
            keys_dir=str(settings.keys_dir),
            seed=settings.synthetic_seed,
            strength=settings.synthetic_strength,
            is_dirty=settings.synthetic_dirt,
        )


class Landing(dg.ConfigurableResource[TickSource]):
    """The landing folder and the sources of ticks: one for real symbols, the synthetic market for `SYN...`."""

    folder: str
    cache: str
    ticks: SourceConfig = SourceConfig()

    @classmethod
    def from_settings(cls, settings: Settings) -> Landing:
        return cls(
            folder=str(settings.landing_dir),
            cache=str(settings.home.absolute() / "cache"),
            ticks=SourceConfig.from_settings(settings),
        )

    def taking(self, ticks: SourceConfig | None) -> Landing:
        """The same folder with another source of ticks; None leaves it as it is."""
        return self if ticks is None else Landing(folder=self.folder, cache=self.cache, ticks=ticks)

    def source_of(self, symbol: str) -> TickSource:
        """The source of a symbol's ticks."""
        return self._synthetic if instrument_of(symbol).is_synthetic else self._real

    def watched_source_of(self, symbol: str, on_hour: Callable[[HourFetched], None]) -> TickSource:
        """A new source of a symbol's ticks that reports each downloaded hour."""
        return self._open("synthetic" if instrument_of(symbol).is_synthetic else self.ticks.source, on_hour)

    @cached_property
    def _real(self) -> TickSource:
        return self._open(self.ticks.source)

    @cached_property
    def _synthetic(self) -> TickSource:
        return self._open("synthetic")

    def _open(self, name: str, on_hour: Callable[[HourFetched], None] = lambda _: None) -> TickSource:
        return open_source(
            name,
            cache_dir=Path(self.cache),
            folder=Path(self.ticks.source_dir) if self.ticks.source_dir else None,
            dialect=self.ticks.dialect,
            dialects=Path(self.ticks.dialects) if self.ticks.dialects else None,
            zone=self.ticks.zone,
            base_url=revealed(self.ticks.url),
            sealed_journal=self._journal if self.ticks.endpoint else None,
            seed=self.ticks.seed,
            strength=self.ticks.strength,
            is_dirty=self.ticks.is_dirty,
            on_hour=on_hour,
        )

    def _journal(self, day: SymbolDay) -> bytes:
        endpoint = EndpointCalls(revealed(self.ticks.endpoint), Path(self.ticks.keys_dir))
        return endpoint.journal(day).content

    def land(self, day: SymbolDay) -> LandedDay:
        """Fetch a day and publish it as a CSV in the landing folder."""
        return land_day(Path(self.folder), day, self.source_of(day.symbol))
