"""The registry of frozen datasets and the SQL engine that validates them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from functools import cached_property
from pathlib import Path

import dagster as dg

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.credentials import masked, revealed
from ticklake_assets.settings import Settings
from ticklake_assets.storage.datasets.files import Dataset
from ticklake_assets.storage.datasets.freeze import load_latest, load_version
from ticklake_assets.storage.datasets.registry import DatasetRegistry
from ticklake_assets.storage.gold.tables import GoldTables
from ticklake_assets.storage.sql.engine import SqlEngine
from ticklake_assets.storage.sql.opening import open_engine


class Datasets(dg.ConfigurableResource[DatasetRegistry]):
    """A git and DVC repository of ticklake's own; its DVC remote lies in the lake."""

    folder: str
    remote_url: str
    sql_url: str
    s3_endpoint: str = ""
    s3_region: str = ""

    @classmethod
    def from_settings(cls, settings: Settings) -> Datasets:
        return cls(
            folder=str(settings.registry_dir),
            remote_url=f"{settings.lake}/datasets",
            sql_url=masked(settings.sql_url),
            s3_endpoint=settings.s3_endpoint,
            s3_region=settings.s3_region,
        )

    @cached_property
    def registry(self) -> DatasetRegistry:
        return DatasetRegistry(Path(self.folder), self.remote_url, self.s3_endpoint, self.s3_region)

    def load(self, day: SymbolDay) -> Dataset:
        """The latest frozen version of an as-of day."""
        return load_latest(self.registry, day.symbol, day.trading_day)

    def load_version(self, identity: Mapping[str, str]) -> Dataset:
        """The version that a training or a bundle says it was made from, and no other."""
        return load_version(self.registry, identity["version"], identity["digest"])

    def engine(self, gold: GoldTables) -> closing[SqlEngine]:
        """The configured SQL engine over these tables, closed with the block."""
        return closing(open_engine(revealed(self.sql_url), gold))
