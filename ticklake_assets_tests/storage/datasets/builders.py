"""One small dataset for tests: eight days of seeded gold, frozen as often as a test wants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from ticklake_assets.core.features import FEATURES, KERNEL_VERSION
from ticklake_assets.core.folds import Windows
from ticklake_assets.core.schemas import names
from ticklake_assets.storage.datasets.freeze import DatasetRequest, Frozen, freeze
from ticklake_assets.storage.datasets.registry import DatasetRegistry
from ticklake_assets.storage.gold.tables import GoldTables
from ticklake_assets.storage.sql.duckdb import DuckDbEngine
from ticklake_assets_tests.storage.gold.builders import MONDAY, days_from, make_sources

AS_OF = date(2024, 1, 9)
WINDOWS = Windows(4, 2, 2)
DAYS = days_from(MONDAY, 8)


def make_request(
    kernel: str = KERNEL_VERSION, features: Sequence[str] = tuple(names(FEATURES))
) -> DatasetRequest:
    days = [day.trading_day for day in DAYS]
    sources = make_sources(DAYS, kernel_version=kernel)
    return DatasetRequest("EURUSD", AS_OF, WINDOWS, days, sources, kernel, features)


def open_registry(root: Path) -> DatasetRegistry:
    return DatasetRegistry(root / "registry", (root / "lake").as_uri())


def run_freeze(gold: GoldTables, root: Path, request: DatasetRequest | None = None) -> Frozen:
    return freeze(gold, DuckDbEngine(gold), open_registry(root), request or make_request())
