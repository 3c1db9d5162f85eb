"""Gold: replacing partitions beside a bare PyIceberg overwrite, and what freezing a dataset costs.

Both sides write the same rows to a table of the same schema and partitioning in the same catalog, in turns, so
that load of the machine meets both alike; the bare side is `Table.overwrite` with PyIceberg's defaults. Before
anything is timed, both tables must read back equal.
"""

from __future__ import annotations

import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyiceberg.table import Table

from ticklake_assets.core.features import FEATURES
from ticklake_assets.core.folds import Windows
from ticklake_assets.core.schemas import CONTEXT
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures
from ticklake_assets.storage.datasets.manifest import DatasetManifest
from ticklake_assets.storage.datasets.registry import DatasetRegistry
from ticklake_assets.storage.gold.commit_rows import days_filter
from ticklake_assets.storage.gold.rows import feature_rows
from ticklake_assets.storage.gold.schema import GOLD, iceberg_schema, partition_spec
from ticklake_assets.storage.gold.tables import GoldTables, open_catalog

EVENTS_A_DAY = 530
DAYS = [SymbolDay("EURUSD", date(2024, 1, 1)).shifted(offset) for offset in range(31)]


def run(rounds: int = 15) -> list[dict[str, object]]:
    """Milliseconds of a replaced day and of a replaced month, ours beside bare, then a dataset version."""
    with tempfile.TemporaryDirectory() as folder:
        uri, warehouse = f"sqlite:///{folder}/catalog.db", Path(folder, "warehouse").as_uri()
        with GoldTables(open_catalog("lake", uri, warehouse)) as gold:
            bare = _bare_table(gold)
            rows = [_side_by_side(gold, bare, DAYS, rounds), _side_by_side(gold, bare, DAYS[:1], rounds)]
        return [*rows, _version(Path(folder), rounds)]


def _bare_table(gold: GoldTables) -> Table:
    gold.table("features")
    schema = iceberg_schema(GOLD["features"].columns)
    return gold.catalog.create_table("gold.bare", schema, partition_spec=partition_spec(schema))


def _side_by_side(gold: GoldTables, bare: Table, days: list[SymbolDay], rounds: int) -> dict[str, object]:
    rows = pa.concat_tables(rows_of(day) for day in days).combine_chunks()
    where = days_filter(days)

    def ours() -> None:
        gold.replace("features", days, rows, {"run_id": "bench"})

    def theirs() -> None:
        bare.overwrite(rows, where)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a first overwrite finds nothing to delete, and says so
        theirs()
    ours()
    dates = [day.trading_day for day in days]
    read = gold.scan("features", "EURUSD", dates)
    assert read.equals(bare.scan(where).to_arrow().sort_by("ts_event")), "both sides must hold the same rows"
    mine, other = _alternate([ours, theirs], rounds)
    return {
        "what": f"replace {len(days)} days of features, {rows.num_rows} rows",
        "ticklake, ms": round(mine, 1),
        "bare overwrite, ms": round(other, 1),
        "ratio": round(mine / other, 2),
    }


def _version(folder: Path, rounds: int) -> dict[str, object]:
    """A further version of a dataset of three 2 MB files: add, push, commit, tag."""
    registry = DatasetRegistry(folder / "registry", (folder / "datasets").as_uri())
    seconds = []
    for number in range(rounds + 1):
        made = folder / "made"
        made.mkdir(exist_ok=True)
        names = ("train.parquet", "validate.parquet", "test.parquet")
        for name in names:
            (made / name).write_bytes(np.random.default_rng(number).bytes(2_000_000))
        files = dict.fromkeys(names, str(number))
        manifest = DatasetManifest("EURUSD", DAYS[-1].trading_day, Windows(8, 2, 2), "1", (), {}, (), files)
        started = time.perf_counter()
        registry.publish(made, manifest)
        seconds.append(time.perf_counter() - started)
    return {
        "what": "a dataset version, 6 MB: DVC add and push, git commit and tag",
        "ticklake, ms": round(1000 * statistics.median(seconds[1:]), 1),
        "first version, ms": round(1000 * seconds[0], 1),
    }


def _alternate(actions: list[Callable[[], None]], rounds: int) -> list[float]:
    """Median milliseconds of each action, run in turns."""
    times: list[list[float]] = [[] for _ in actions]
    for _ in range(rounds):
        for action, spent in zip(actions, times, strict=True):
            started = time.perf_counter()
            action()
            spent.append(1000 * (time.perf_counter() - started))
    return [statistics.median(spent) for spent in times]


def rows_of(day: SymbolDay) -> pa.Table:
    random = np.random.default_rng(day.trading_day.toordinal())
    ts_us = day.start_us + 900_000_000 + np.arange(EVENTS_A_DAY, dtype=np.int64) * 100_000_000
    shape = (EVENTS_A_DAY, len(CONTEXT) + len(FEATURES))
    values = random.normal(size=shape)
    return feature_rows(day, DayFeatures(ts_us, values[:, : len(CONTEXT)], values[:, len(CONTEXT) :]))


if __name__ == "__main__":
    for row in run():
        print(row)
