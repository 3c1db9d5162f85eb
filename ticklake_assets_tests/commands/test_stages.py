from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from ticklake_assets.commands.stages import app
from ticklake_assets.core.bars import minute_bars
from ticklake_assets.core.features import KERNEL_VERSION, features_of_day
from ticklake_assets.core.instruments import instrument
from ticklake_assets.core.labels import label_day
from ticklake_assets.core.schemas import CLEAN
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.resources.datasets import Datasets
from ticklake_assets.resources.lake import Lake
from ticklake_assets.settings import Settings
from ticklake_assets.sources.synthetic import synthetic_day
from ticklake_assets.storage.arrow_types import arrow_schema
from ticklake_assets.storage.csv_ingest import parquet_bytes
from ticklake_assets.storage.dataset_sources import DaySource
from ticklake_assets.storage.datasets import DatasetRequest, freeze
from ticklake_assets.storage.gold_rows import bar_rows, feature_rows, label_rows
from ticklake_assets.storage.iceberg import GoldTables, open_catalog
from ticklake_assets.storage.partition_store import Manifest, RawSource
from ticklake_assets.storage.tick_rows import quotes_of

REPOSITORY = Path(__file__).resolve().parents[2]
AS_OF = SymbolDay("SYNEUR", date(2024, 1, 17))


def test_the_pipelines_stages_are_the_modules_commands_in_order() -> None:
    pipeline = (REPOSITORY / "dvc.yaml").read_text()
    commands = re.findall(r"commands\.stages (\w+)", pipeline)
    assert commands == [command.name for command in app.registered_commands]
    assert commands == re.findall(r"^  (\w+):$", pipeline, re.MULTILINE)


def test_every_parameter_is_used_and_none_is_missing() -> None:
    used = set(re.findall(r"\$\{(\w+)\}", (REPOSITORY / "dvc.yaml").read_text()))
    given = set(re.findall(r"^(\w+):", (REPOSITORY / "params.yaml").read_text(), re.MULTILINE))
    assert used == given


@pytest.mark.slow
def test_a_frozen_dataset_is_reproduced_to_the_last_digit(tmp_path: Path) -> None:
    home = tmp_path / "home"
    freeze_synthetic_dataset(Settings(home=home))
    first = run_pipeline(tmp_path / "first", home)
    assert first == run_pipeline(tmp_path / "second", home)
    metrics = json.loads(first["metrics.json"])
    assert metrics["trades"] > 0
    assert metrics["verdict"] == "insufficient_evidence"  # one fold has two test days


def run_pipeline(folder: Path, home: Path) -> dict[str, bytes]:
    """Run the five stages in a folder of their own, as `dvc repro` does, and return what they left."""
    folder.mkdir()
    environment = {**os.environ, "TICKLAKE_HOME": str(home), "PYTHONPATH": str(REPOSITORY)}
    for stage in (
        ["dataset", AS_OF.symbol, str(AS_OF.trading_day)],
        ["train"],
        ["validate"],
        ["test"],
        ["report"],
    ):
        command = [sys.executable, "-m", "ticklake_assets.commands.stages", *stage]
        subprocess.run(command, cwd=folder, env=environment, check=True)
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def freeze_synthetic_dataset(settings: Settings) -> None:
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
    catalog = open_catalog(settings.catalog_name, settings.catalog, f"{settings.lake}/warehouse")
    request = DatasetRequest(AS_OF.symbol, AS_OF.trading_day, known.windows, list(sources), sources)
    datasets = Datasets.from_settings(settings)
    with GoldTables(catalog) as gold, datasets.engine(gold) as engine:
        for table, tables in made.items():
            gold.replace(table, days, pa.concat_tables(tables), {"run_id": "test"})
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
