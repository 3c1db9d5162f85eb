"""Real GBPJPY, Christmas and the month around it: Spark, the Polars oracle and the live cleaner give the same rows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from ticklake_assets.core.calendar import calendar_days
from ticklake_assets.core.live_cleaner import clean_day_live
from ticklake_assets.core.schemas import CLEAN, QUARANTINE, names
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.folder import FolderSource
from ticklake_assets.spark.clean import DAY, classify, clean_rows, quarantine_rows
from ticklake_assets.storage.partitions.tick_rows import in_time_order, quotes_of
from ticklake_assets_tests.core.dirty_days import with_day
from ticklake_assets_tests.oracles.clean_polars import Cleaned, clean_by_polars
from ticklake_assets_tests.spark.same_rows import assert_same_rows

CHRISTMAS = (22, 26, 124_207)
"""First and last day, and their rows: a closed day, short ones, and stale runs, which are all that the month has."""
MONTH = (1, 31, 1_298_479)


@pytest.fixture(scope="module", params=[CHRISTMAS, pytest.param(MONTH, marks=pytest.mark.slow)], ids=str)
def ticks(request: pytest.FixtureRequest, shared_data: Path) -> dict[SymbolDay, pa.Table]:
    first, last, rows = request.param
    source = FolderSource(shared_data / "dukascopy" / "GBPJPY")
    days = calendar_days(date(2012, 12, first), date(2012, 12, last))
    found = {day: with_day(day, source.fetch_day(day)) for day in (SymbolDay("GBPJPY", day) for day in days)}
    assert sum(ticks.num_rows for ticks in found.values()) == rows
    return found


@pytest.fixture(scope="module")
def by_oracle(ticks: dict[SymbolDay, pa.Table]) -> Cleaned:
    cleaned = clean_by_polars(pl.DataFrame(pa.concat_tables(ticks.values())))
    assert set(cleaned.quarantine["rule"]) == {"stale_run"}
    return cleaned


def test_spark_gives_the_rows_of_the_oracle(
    spark: SparkSession, ticks: dict[SymbolDay, pa.Table], by_oracle: Cleaned, tmp_path: Path
) -> None:
    whole = pa.concat_tables(ticks.values())
    pq.write_table(whole, tmp_path / "ticks.parquet")
    classified = classify(spark.read.parquet(str(tmp_path / "ticks.parquet"))).persist()
    clean_rows(classified).write.partitionBy(*DAY).parquet(str(tmp_path / "clean"))
    quarantine_rows(classified).write.partitionBy(*DAY).parquet(str(tmp_path / "quarantine"))
    classified.unpersist()
    clean = read_days(tmp_path / "clean", [*names(CLEAN), *DAY])
    quarantine = read_days(tmp_path / "quarantine", [*names(QUARANTINE), *DAY])
    assert clean.num_rows + quarantine.num_rows == whole.num_rows
    assert_same_rows(clean, by_oracle.clean)
    assert_same_rows(quarantine, by_oracle.quarantine)


def test_the_live_cleaner_gives_the_rows_of_the_oracle(
    ticks: dict[SymbolDay, pa.Table], by_oracle: Cleaned
) -> None:
    for (_, trading_day), batch in by_oracle.clean.group_by(*DAY):
        day = SymbolDay("GBPJPY", trading_day)
        live = clean_day_live(day, in_time_order(ticks[day]))
        for found, expected in zip(live, quotes_of(batch.to_arrow()), strict=True):
            assert np.array_equal(found.view(np.int64), expected.view(np.int64)), day


def read_days(folder: Path, columns: list[str]) -> pa.Table:
    """Read the folders `symbol=.../trading_day=...`: a single file each, whose rows are in time order."""
    days = []
    for place in sorted(folder.glob("symbol=GBPJPY/trading_day=*")):
        (part,) = place.glob("part-*.parquet")
        rows = pq.read_table(part, partitioning=None)
        assert pl.DataFrame(rows).select(pl.struct("ts_event", "source_row").is_sorted()).item(), place
        trading_day = pa.scalar(date.fromisoformat(place.name.removeprefix("trading_day=")))
        rows = rows.append_column("symbol", pa.repeat("GBPJPY", rows.num_rows))
        days.append(rows.append_column("trading_day", pa.repeat(trading_day, rows.num_rows)))
    return pa.concat_tables(days).select(columns)
