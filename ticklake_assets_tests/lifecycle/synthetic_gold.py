"""Days of a synthetic symbol from typed ticks to gold, made in this process: what the models start from."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pyarrow as pa

from ticklake_assets.core.bars import minute_bars
from ticklake_assets.core.day_files import raw_key
from ticklake_assets.core.features import KERNEL_VERSION, features_of_day
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.label_version import label_version
from ticklake_assets.core.labels import label_day
from ticklake_assets.core.schemas import CLEAN
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.settings import Settings
from ticklake_assets.sources.landing_csv import render_csv
from ticklake_assets.sources.synthetic import synthetic_day
from ticklake_assets.storage.gold.rows import bar_rows, feature_rows, label_rows
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.partitions.arrow_types import arrow_schema
from ticklake_assets.storage.partitions.csv_ingest import ingest
from ticklake_assets.storage.partitions.parquet_files import parquet_bytes
from ticklake_assets.storage.partitions.store import PartitionManifest, PartitionStore, RawSource
from ticklake_assets.storage.partitions.tick_rows import quotes_of
from ticklake_assets.storage.raw.seals import Seal, seal_day
from ticklake_assets.storage.raw.state import write_made_from
from ticklake_assets_tests.oracles.clean_polars import clean_by_polars


def make_gold(settings: Settings, days: Sequence[SymbolDay]) -> None:
    """Publish typed and clean ticks of the days, cleaned by the oracle, and commit their gold."""
    lake = Lake.from_settings(settings)
    made: dict[str, list[pa.Table]] = {"bars": [], "features": [], "labels": []}
    for day in days:
        seal = _seal(lake.store, day)
        typed = ingest(lake.store.get(seal.key), day, seal.key, seal.rows).table
        _publish(lake.parquet, day, typed, seal)
        clean = _clean(day, typed)
        _publish(lake.clean, day, clean, seal)
        quotes = quotes_of(clean)
        events = features_of_day(day, quotes)
        labels = label_day(day, quotes, events, instrument_of(day.symbol))
        made["bars"].append(bar_rows(day, minute_bars(day, quotes)))
        made["features"].append(feature_rows(day, events))
        made["labels"].append(label_rows(day, events.ts_us, labels))
    gold = Gold.from_settings(settings)
    for table, rows in made.items():
        gold.tables.replace(table, list(days), pa.concat_tables(rows), {"run_id": "test"})
    gold.tables.close()
    for day in days:
        labels = label_version(instrument_of(day.symbol))
        properties = {"run_id": "test", "kernel_version": KERNEL_VERSION, "label_version": labels}
        write_made_from(lake.store, day, seal_day(lake.store, day).sha256, properties)


def raw_sha256(day: SymbolDay) -> str:
    """Stands for a raw file that nobody wrote."""
    return f"{day.trading_day.toordinal():064x}"


def _seal(store: ObjectStore, day: SymbolDay) -> Seal:
    """A clean synthetic day as a sealed raw object."""
    ticks = synthetic_day(day, seed=1, strength=1.0)
    store.create(raw_key(day), render_csv(ticks, instrument_of(day.symbol)))
    return seal_day(store, day)


def _publish(layer: PartitionStore, day: SymbolDay, rows: pa.Table, seal: Seal) -> None:
    file = layer.write(day, "made", parquet_bytes(rows), rows.num_rows)
    source = RawSource(key=seal.key, sha256=seal.sha256, revision=seal.revision)
    layer.publish(
        day, PartitionManifest(files=(file,), rows=rows.num_rows, made_from=source, written_by="test")
    )


def _clean(day: SymbolDay, typed: pa.Table) -> pa.Table:
    frame = pl.DataFrame(pl.from_arrow(typed))
    keyed = frame.with_columns(symbol=pl.lit(day.symbol), trading_day=pl.lit(day.trading_day))
    schema = arrow_schema(CLEAN)
    return clean_by_polars(keyed).clean.select(schema.names).to_arrow().cast(schema)
