"""A landed CSV from raw to gold in this process, by the product's own steps and without Spark."""

from __future__ import annotations

from ticklake_assets.core.day_files import raw_key
from ticklake_assets.core.features import features_of_day
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures
from ticklake_assets.resources.gold import Gold
from ticklake_assets.resources.lake import Lake
from ticklake_assets.settings import Settings
from ticklake_assets.storage.gold.rows import feature_rows
from ticklake_assets.storage.partitions.csv_ingest import ingest
from ticklake_assets.storage.partitions.day_cleaning import split_day
from ticklake_assets.storage.partitions.parquet_files import parquet_bytes
from ticklake_assets.storage.partitions.store import PartitionManifest, RawSource
from ticklake_assets.storage.partitions.tick_rows import quotes_of
from ticklake_assets.storage.raw.seals import seal_day
from ticklake_assets.storage.raw.state import write_made_from


def bring_to_gold(settings: Settings, day: SymbolDay, csv: bytes) -> DayFeatures:
    """Seal, type, clean and commit features; returns them."""
    lake = Lake.from_settings(settings)
    lake.store.create(raw_key(day), csv)
    seal = seal_day(lake.store, day)
    clean = split_day(day, ingest(csv, day, seal.key, seal.rows).table).clean
    file = lake.clean.write(day, "made", parquet_bytes(clean), clean.num_rows)
    source = RawSource(key=seal.key, sha256=seal.sha256, revision=seal.revision)
    made = PartitionManifest(files=(file,), rows=clean.num_rows, made_from=source, written_by="test")
    lake.clean.publish(day, made)
    features, gold = features_of_day(day, quotes_of(clean)), Gold.from_settings(settings)
    gold.tables.replace("features", [day], feature_rows(day, features), {"run_id": "test"})
    gold.tables.close()
    write_made_from(lake.store, day, seal.sha256, {"run_id": "test"})
    return features
