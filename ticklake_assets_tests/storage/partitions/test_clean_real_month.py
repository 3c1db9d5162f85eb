"""Real GBPJPY, Christmas and the month around it: task, live cleaner and the Polars oracle give the same rows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from ticklake_assets.core.calendar import calendar_days
from ticklake_assets.core.live_cleaner import clean_day_live
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.folder import FolderSource
from ticklake_assets.storage.partitions.tick_rows import in_time_order, quotes_of
from ticklake_assets_tests.core.dirty_days import with_day
from ticklake_assets_tests.oracles.clean_polars import Cleaned, clean_by_polars
from ticklake_assets_tests.spark.same_rows import DAY, assert_same_rows
from ticklake_assets_tests.storage.partitions.test_day_cleaning import named, split

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


def test_a_task_gives_the_rows_of_the_oracle(ticks: dict[SymbolDay, pa.Table], by_oracle: Cleaned) -> None:
    parts = {day: split(day, rows) for day, rows in ticks.items()}
    clean = pa.concat_tables(named(day, part.clean) for day, part in parts.items())
    quarantine = pa.concat_tables(named(day, part.quarantine) for day, part in parts.items())
    assert clean.num_rows + quarantine.num_rows == sum(rows.num_rows for rows in ticks.values())
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
