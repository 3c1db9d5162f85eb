"""Lakes to look into: one with rows of gold of EURUSD, one with everything up to gold of a synthetic symbol."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.research import open_lake
from ticklake_assets.research.lake import Lake
from ticklake_assets.settings import Settings
from ticklake_assets.storage.gold.tables import GoldTables, open_gold
from ticklake_assets_tests.lifecycle.synthetic_gold import make_gold
from ticklake_assets_tests.storage.gold.builders import days_from

SYNTHETIC = days_from(SymbolDay("SYNEUR", date(2024, 1, 16)), 2)


def gold_of(home: Path) -> GoldTables:
    """Where a lake of this home looks for gold."""
    settings = Settings(home=home)
    (home / "lake").mkdir(parents=True, exist_ok=True)
    return open_gold(settings.catalog_name, settings.catalog, f"{settings.lake}/warehouse")


def synthetic_lake(home: Path) -> Lake:
    """Two days of SYNEUR from raw to gold."""
    make_gold(Settings(home=home), SYNTHETIC)
    return open_lake(home)
