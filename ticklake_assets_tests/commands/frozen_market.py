"""A home with clean ticks, gold and a frozen dataset of a synthetic market, made without Spark and Dagster."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ticklake_assets.core.bars import minute_bars
from ticklake_assets.core.features import FEATURES, KERNEL_VERSION, features_of_day
from ticklake_assets.core.instruments import instrument
from ticklake_assets.core.labels import label_day
from ticklake_assets.core.schemas import CLEAN
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.resources.datasets import Datasets
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.settings import Settings
from ticklake_assets.sources.synthetic import synthetic_day
from ticklake_assets.storage.arrow_types import arrow_schema
from ticklake_assets.storage.csv_ingest import parquet_bytes
from ticklake_assets.storage.dataset_sources import DaySource
from ticklake_assets.storage.datasets import DatasetRequest, freeze
from ticklake_assets.storage.gold_rows import bar_rows, feature_rows, label_rows
from ticklake_assets.storage.partition_store import Manifest, RawSource
from ticklake_assets.storage.tick_rows import quotes_of

AS_OF = SymbolDay("SYNEUR", date(2024, 1, 17))


def freeze_synthetic_dataset(settings: Settings) -> DatasetRequest:
    """Clean ticks, gold and a frozen dataset of twelve clean synthetic days with a planted pattern."""
    lake, known = Lake(url=settings.lake), instrument(AS_OF.symbol)
    days = [AS_OF.shifted(-back) for back in range(known.windows.lookback_days, 0, -1)]
    made: dict[str, list[pa.Table]] = {"bars": [], "features": [], "labels": []}
    sources: dict[date, DaySource] = {}
    for day in days:
        rows = clean_rows(day)
        file = lake.clean.write(day, "clean", parquet_bytes(rows), rows.num_rows)
        source = RawSource(key=f"raw/{day}", sha256=f"raw-{day}", revision=1)
        lake.clean.publish(
            day, Manifest(files=(file,), rows=rows.num_rows, made_from=source, written_by="test")
        )
        sources[day.trading_day] = DaySource(source.sha256, rows.num_rows, 0, KERNEL_VERSION)
        quotes = quotes_of(rows)
        events = features_of_day(day, quotes)
        made["bars"].append(bar_rows(day, minute_bars(day, quotes)))
        made["features"].append(feature_rows(day, events))
        made["labels"].append(label_rows(day, events.ts_us, label_day(day, quotes, events, known)))
    request = DatasetRequest(AS_OF.symbol, AS_OF.trading_day, known.windows, list(sources), sources)
    datasets = Datasets.from_settings(settings)
    with Gold.from_settings(settings).tables as gold, datasets.engine(gold) as engine:
        for table, tables in made.items():
            gold.replace(table, days, pa.concat_tables(tables), {"run_id": "test"})
        freeze(gold, engine, datasets.registry, request)
    return request


def freeze_with_another_day(settings: Settings, request: DatasetRequest) -> None:
    """A later version: one train day's first feature has other values."""
    day = AS_OF.shifted(-request.windows.lookback_days)
    datasets = Datasets.from_settings(settings)
    with Gold.from_settings(settings).tables as gold, datasets.engine(gold) as engine:
        rows = gold.scan("features", day.symbol, [day.trading_day])
        at = rows.schema.get_field_index(FEATURES[0].name)
        column = pc.multiply(rows.column(at), 0.5)
        gold.replace(
            "features", [day], rows.set_column(at, rows.schema.field(at), column), {"run_id": "test"}
        )
        freeze(gold, engine, datasets.registry, request)


def clean_rows(day: SymbolDay) -> pa.Table:
    """A synthetic day without dirt as `clean/ticks` would hold it, flags aside."""
    ticks = synthetic_day(day, seed=1, strength=1.0)
    bid, ask, count = ticks["bid"].to_numpy(), ticks["ask"].to_numpy(), ticks.num_rows
    columns = {name: ticks[name] for name in ticks.column_names}
    columns |= {"source_row": pa.array(np.arange(1, count + 1))}
    columns |= {"mid": pa.array((bid + ask) / 2), "spread": pa.array(ask - bid)}
    columns |= {"gap_us": pa.array(np.zeros(count, dtype=np.int64))}
    columns |= dict.fromkeys(("is_unchanged", "is_size_missing"), pa.array(np.zeros(count, dtype=np.bool_)))
    schema = arrow_schema(CLEAN)
    return pa.table({name: columns[name] for name in schema.names}).cast(schema)
