"""A home with clean ticks, gold and a frozen dataset of a synthetic market, made without Spark and Dagster."""

from __future__ import annotations

from datetime import date

import pyarrow.compute as pc

from ticklake_assets.core.features import FEATURES
from ticklake_assets.core.folds import Fold
from ticklake_assets.core.instruments import instrument
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.resources.datasets import Datasets
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.settings import Settings
from ticklake_assets.storage.dataset_sources import day_sources
from ticklake_assets.storage.datasets import DatasetRequest, freeze
from ticklake_assets_tests.commands.synthetic_gold import make_gold

AS_OF = SymbolDay("SYNEUR", date(2024, 1, 17))


def freeze_synthetic_dataset(settings: Settings) -> DatasetRequest:
    """Gold, what it stands on, and a frozen dataset of twelve clean synthetic days with a planted pattern."""
    windows = instrument(AS_OF.symbol).windows
    days = [AS_OF.shifted(-back) for back in range(windows.lookback_days, 0, -1)]
    make_gold(settings, days)
    lake, datasets = Lake.from_settings(settings), Datasets.from_settings(settings)
    sources = day_sources(lake.store, lake.clean, days)
    request = DatasetRequest(AS_OF.symbol, AS_OF.trading_day, windows, list(sources), sources)
    with Gold.from_settings(settings).tables as gold, datasets.engine(gold) as engine:
        freeze(gold, engine, datasets.registry, request)
    return request


def freeze_with_other_days(settings: Settings, request: DatasetRequest) -> None:
    """A later version: the first feature has other values on the first day of each part."""
    fold = Fold.before(request.as_of, request.windows)
    days = [SymbolDay(request.symbol, part[0]) for part in (fold.train, fold.validate, fold.test)]
    datasets = Datasets.from_settings(settings)
    with Gold.from_settings(settings).tables as gold, datasets.engine(gold) as engine:
        rows = gold.scan("features", request.symbol, [day.trading_day for day in days])
        at = rows.schema.get_field_index(FEATURES[0].name)
        column = pc.multiply(rows.column(at), 0.5)
        gold.replace("features", days, rows.set_column(at, rows.schema.field(at), column), {"run_id": "test"})
        freeze(gold, engine, datasets.registry, request)
