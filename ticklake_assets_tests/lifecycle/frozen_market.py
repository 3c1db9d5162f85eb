"""A home with clean ticks, gold and a frozen dataset of a synthetic market, made without Spark and Dagster."""

from __future__ import annotations

from datetime import date

import pyarrow.compute as pc

from ticklake_assets.core.features import FEATURES
from ticklake_assets.core.folds import Fold, fold_as_ofs
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.resources.datasets import Datasets
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.settings import Settings
from ticklake_assets.storage.datasets.freeze import DatasetRequest, freeze
from ticklake_assets.storage.datasets.sources import day_sources
from ticklake_assets_tests.lifecycle.synthetic_gold import make_gold

AS_OF = SymbolDay("SYNEUR", date(2024, 1, 17))


def freeze_synthetic_dataset(settings: Settings, folds: int = 1) -> DatasetRequest:
    """Gold, what it stands on, and a frozen dataset a fold of clean synthetic days with a planted pattern.

    A dataset has twelve days; that of the last fold, as of `AS_OF`, is the one whose request comes back.
    """
    windows = instrument_of(AS_OF.symbol).windows
    as_ofs = [
        SymbolDay(AS_OF.symbol, as_of) for as_of in fold_as_ofs(AS_OF.trading_day, windows.test_days, folds)
    ]
    span = (AS_OF.trading_day - as_ofs[0].trading_day).days + windows.lookback_days
    days = [AS_OF.shifted(-back) for back in range(span, 0, -1)]
    make_gold(settings, days)
    lake, datasets = Lake.from_settings(settings), Datasets.from_settings(settings)
    sources = day_sources(lake.store, lake.clean, days)
    requests = [
        DatasetRequest(each.symbol, each.trading_day, windows, list(sources), sources) for each in as_ofs
    ]
    with Gold.from_settings(settings).tables as gold, datasets.engine(gold) as engine:
        for request in requests:
            freeze(gold, engine, datasets.registry, request)
    return requests[-1]


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
