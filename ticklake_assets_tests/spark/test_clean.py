"""Spark's cleaning against the Polars oracle and the dirt injector's ground truth, in one job over all days."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from pyspark.sql import SparkSession

from ticklake_assets.core.live_cleaner import RawTick
from ticklake_assets.core.schemas import CLEAN, QUARANTINE, names
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.synthetic import Market, SyntheticSource
from ticklake_assets.spark.clean import DAY, classify, clean_rows, quarantine_rows
from ticklake_assets_tests.core.dirty_days import DAY as DIRTY_DAY
from ticklake_assets_tests.core.dirty_days import TICKS_OF_DAYS, dirty_days, ticks_table, with_day
from ticklake_assets_tests.oracles.clean_polars import clean_by_polars
from ticklake_assets_tests.spark.same_rows import assert_same_rows

MARKET = SyntheticSource(seed=7, strength=1.0, dirty=True, market=Market(ticks_a_day=20_000))
MARKET_DAYS = [SymbolDay(symbol, date(2024, 1, day)) for symbol in ("SYNEUR", "SYNJPY") for day in (5, 6)]


class Cleaned(NamedTuple):
    ticks: pa.Table
    clean: pa.Table
    quarantine: pa.Table

    def of(self, symbol: str) -> Cleaned:
        """The days of symbols that start so."""
        return Cleaned(
            *(
                pa.table(pl.DataFrame(table).filter(pl.col("symbol").str.starts_with(symbol)).to_arrow())
                for table in self
            )
        )


@pytest.fixture(scope="module")
def cleaned(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Cleaned:
    """Everything below in one job: generated days, the same shuffled, synthetic markets."""
    ticks = pa.concat_tables([generated_days(), market_days()])
    return clean_by_spark(spark, ticks, tmp_path_factory.mktemp("clean"))


def clean_by_spark(spark: SparkSession, ticks: pa.Table, folder: Path) -> Cleaned:
    """Clean by way of Parquet files, as the asset does."""
    pq.write_table(ticks, folder / "ticks.parquet")
    classified = classify(spark.read.parquet(str(folder / "ticks.parquet"))).persist()
    clean_rows(classified).write.parquet(str(folder / "clean"))
    quarantine_rows(classified).write.parquet(str(folder / "quarantine"))
    classified.unpersist()
    return Cleaned(ticks, read_parts(folder / "clean"), read_parts(folder / "quarantine"))


def read_parts(folder: Path) -> pa.Table:
    return pa.concat_tables(pq.read_table(part) for part in sorted(folder.glob("part-*")))


def generated_days(count: int = 300) -> pa.Table:
    """Adversarial days as symbols D0, D1, ...; X0, X1, ... are their rows in another order."""
    gathered: list[list[RawTick]] = []

    @settings(max_examples=count, database=None, derandomize=True)
    @given(dirty_days())
    def gather(rows: list[RawTick]) -> None:
        gathered.append(rows)

    gather()
    days = {}
    for at, rows in enumerate(gathered):
        numbered = list(enumerate(rows, 1))
        days[SymbolDay(f"D{at}", DIRTY_DAY.trading_day)] = numbered
        shuffled = random.Random(at).sample(numbered, len(numbered))
        days[SymbolDay(f"X{at}", DIRTY_DAY.trading_day)] = shuffled
    return ticks_table(days)


def market_days() -> pa.Table:
    return pa.concat_tables(with_day(day, MARKET.fetch_day(day)) for day in MARKET_DAYS)


def test_every_generated_day_is_cleaned_as_the_oracle_cleans_it(cleaned: Cleaned) -> None:
    expected = clean_by_polars(pl.DataFrame(cleaned.ticks))
    assert_same_rows(cleaned.clean, expected.clean)
    assert_same_rows(cleaned.quarantine, expected.quarantine)
    rules = set(cleaned.of("D").quarantine["rule"].to_pylist())
    assert len(rules) == 8, "the generated days are too tame"


def test_every_row_is_kept_or_quarantined_once(cleaned: Cleaned) -> None:
    key = [*DAY, "source_row"]
    both = pa.concat_tables([cleaned.clean.select(key), cleaned.quarantine.select(key)])
    assert pl.DataFrame(both).sort(key).equals(pl.DataFrame(cleaned.ticks.select(key)).sort(key))


def test_the_order_of_the_rows_does_not_matter(cleaned: Cleaned) -> None:
    as_filed, shuffled = cleaned.of("D"), cleaned.of("X")
    renamed = pl.col("symbol").str.replace("D", "X")
    assert as_filed.ticks.num_rows > 1_000
    assert_same_rows(shuffled.clean, pl.DataFrame(as_filed.clean).with_columns(renamed))
    assert_same_rows(shuffled.quarantine, pl.DataFrame(as_filed.quarantine).with_columns(renamed))


@pytest.mark.parametrize("day", MARKET_DAYS, ids=str)
def test_exactly_the_injected_dirt_is_quarantined(cleaned: Cleaned, day: SymbolDay) -> None:
    refused = pl.DataFrame(cleaned.quarantine).filter(symbol=day.symbol, trading_day=day.trading_day)
    truth = MARKET.ground_truth(day)
    assert len(truth.by_rule) == 8
    assert dict(refused.select("source_row", "rule").iter_rows()) == truth.rule_of


def test_kept_rows_come_in_time_order_within_their_day(cleaned: Cleaned) -> None:
    clean = pl.DataFrame(cleaned.clean)
    before = clean.select(*DAY, "ts_event", "source_row").shift(1)
    same_day = (clean["symbol"] == before["symbol"]) & (clean["trading_day"] == before["trading_day"])
    later = (clean["ts_event"] > before["ts_event"]) | (
        (clean["ts_event"] == before["ts_event"]) & (clean["source_row"] > before["source_row"])
    )
    assert (later | ~same_day).fill_null(value=True).all()
    assert clean.select(pl.struct(*DAY).rle_id().n_unique() == pl.struct(*DAY).n_unique()).item()


def test_columns_are_those_of_the_schemas(cleaned: Cleaned) -> None:
    assert cleaned.clean.column_names == [*names(CLEAN), *DAY]
    assert cleaned.quarantine.column_names == [*names(QUARANTINE), *DAY]
    assert all(cleaned.clean[name].null_count == 0 for name in cleaned.clean.column_names)


def test_cleaning_is_one_shuffle_and_two_sorts(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pq.write_table(TICKS_OF_DAYS.empty_table(), tmp_path / "ticks.parquet")
    clean_rows(classify(spark.read.parquet(str(tmp_path)))).explain()
    plan = capsys.readouterr().out
    assert (plan.count("Exchange"), plan.count("Sort [")) == (1, 2)


def test_no_rows_are_no_rows(spark: SparkSession, tmp_path: Path) -> None:
    cleaned = clean_by_spark(spark, TICKS_OF_DAYS.empty_table(), tmp_path)
    assert (cleaned.clean.num_rows, cleaned.quarantine.num_rows) == (0, 0)
    assert cleaned.clean.column_names == [*names(CLEAN), *DAY]
