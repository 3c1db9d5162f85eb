"""A day in a task, without Spark: against the Polars oracle, the dirt's ground truth and the laws."""

from __future__ import annotations

import random
import subprocess
import sys
from datetime import date
from hashlib import sha256
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings

from ticklake_assets.core.errors import ImmutabilityError
from ticklake_assets.core.live_cleaner import RawTick
from ticklake_assets.core.schemas import CLEAN, PARTITION, QUARANTINE, TICKS, names
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.synthetic import Market, SyntheticSource
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.partitions.arrow_types import arrow_schema
from ticklake_assets.storage.partitions.day_cleaning import LakePlace, SplitDay, Work, clean_day, split_day
from ticklake_assets.storage.partitions.parquet_files import parquet_bytes
from ticklake_assets_tests.core.dirty_days import DAY as DIRTY_DAY
from ticklake_assets_tests.core.dirty_days import TICKS_OF_DAYS, dirty_days, ticks_table, with_day
from ticklake_assets_tests.oracles.clean_polars import clean_by_polars
from ticklake_assets_tests.s3_server import S3Server
from ticklake_assets_tests.spark.same_rows import assert_same_rows

MARKET = SyntheticSource(seed=7, strength=1.0, dirty=True, market=Market(ticks_a_day=20_000))
MARKET_DAYS = [SymbolDay(symbol, date(2024, 1, day)) for symbol in ("SYNEUR", "SYNJPY") for day in (5, 6)]
SHIPPED = """
import sys
import ticklake_assets.storage.partitions.day_cleaning
print(*{name.partition(".")[0] for name in sys.modules})
"""


def generated_days(count: int = 300) -> dict[SymbolDay, list[tuple[int, RawTick]]]:
    """Adversarial days as symbols DAY0, DAY1, ..., their rows numbered."""
    gathered: list[list[RawTick]] = []

    @settings(max_examples=count, database=None, derandomize=True)
    @given(dirty_days())
    def gather(rows: list[RawTick]) -> None:
        gathered.append(rows)

    gather()
    day = DIRTY_DAY.trading_day
    return {SymbolDay(f"DAY{at}", day): list(enumerate(rows, 1)) for at, rows in enumerate(gathered)}


def split(day: SymbolDay, ticks: pa.Table) -> SplitDay:
    return split_day(day, ticks.select(names(TICKS)))


def named(day: SymbolDay, rows: pa.Table) -> pa.Table:
    """With the columns of the symbol-day, as the oracle gives them."""
    values = pa.repeat(day.symbol, rows.num_rows), pa.repeat(pa.scalar(day.trading_day), rows.num_rows)
    for name, column in zip(names(PARTITION), values, strict=True):
        rows = rows.append_column(name, column)
    return rows


def test_every_generated_day_is_cleaned_as_the_oracle_cleans_it() -> None:
    days = generated_days()
    parts = {day: split(day, ticks_table({day: rows})) for day, rows in days.items()}
    expected = clean_by_polars(pl.DataFrame(ticks_table(days)))
    assert_same_rows(pa.concat_tables(named(day, part.clean) for day, part in parts.items()), expected.clean)
    refused = pa.concat_tables(named(day, part.quarantine) for day, part in parts.items())
    assert_same_rows(refused, expected.quarantine)
    assert len(set(refused["rule"].to_pylist())) == 8, "the generated days are too tame"


def test_the_order_of_the_rows_does_not_matter() -> None:
    for at, (day, rows) in enumerate(generated_days(60).items()):
        shuffled = random.Random(at).sample(rows, len(rows))
        found, expected = (split(day, ticks_table({day: each})) for each in (shuffled, rows))
        assert list(map(parquet_bytes, found)) == list(map(parquet_bytes, expected))


@pytest.mark.parametrize("day", MARKET_DAYS, ids=str)
def test_exactly_the_injected_dirt_is_quarantined(day: SymbolDay) -> None:
    ticks, truth = with_day(day, MARKET.fetch_day(day)), MARKET.ground_truth(day)
    kept, refused = split(day, ticks)
    assert len(truth.by_rule) == 8
    assert (
        dict(zip(*(refused[name].to_pylist() for name in ("source_row", "rule")), strict=True))
        == truth.rule_of
    )
    assert refused["source_row"].to_pylist() == sorted(truth.rule_of)
    assert kept.num_rows + refused.num_rows == ticks.num_rows
    order = pl.DataFrame(kept).select(pl.struct("ts_event", "source_row"))
    assert order.to_series().is_sorted()
    expected = clean_by_polars(pl.DataFrame(ticks))
    assert_same_rows(named(day, kept), expected.clean)


def test_columns_are_those_of_the_schemas_also_without_a_row() -> None:
    kept, refused = split(DIRTY_DAY, TICKS_OF_DAYS.empty_table())
    assert (kept.num_rows, refused.num_rows) == (0, 0)
    assert kept.schema == arrow_schema(CLEAN)
    assert refused.schema == arrow_schema(QUARANTINE)


def work_on(store: ObjectStore, ticks: pa.Table) -> Work:
    data = parquet_bytes(ticks.select(names(TICKS)))
    store.put("parquet/a.parquet", data)
    return Work(
        DIRTY_DAY,
        (("parquet/a.parquet", sha256(data).hexdigest()),),
        "clean/a.parquet",
        "quarantine/a.parquet",
    )


def ticks_of_a_day() -> pa.Table:
    good = [(DIRTY_DAY.start_us + second, 100.0, 100.1, 1.0, 1.0) for second in range(3)]
    return ticks_table({DIRTY_DAY: enumerate(good, 1)})


@pytest.fixture
def place(store: ObjectStore, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> LakePlace:
    """The store as a worker opens it."""
    address = store.uri("x").removesuffix("/x")
    if not address.startswith("s3://"):
        return LakePlace(Path(address).as_uri())
    server: S3Server = request.getfixturevalue("s3_server")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return LakePlace(address, server.endpoint, "us-east-1")


def test_a_task_done_twice_leaves_the_same_files(store: ObjectStore, place: LakePlace) -> None:
    work = work_on(store, ticks_of_a_day())
    clean_day(place, work)
    before = {found.key: store.get(found.key) for found in store.list()}
    clean_day(place, work)
    assert {found.key: store.get(found.key) for found in store.list()} == before
    assert set(before) == {"parquet/a.parquet", "clean/a.parquet"}, "a file without a row"


def test_changed_bytes_are_not_cleaned(store: ObjectStore, place: LakePlace) -> None:
    work = work_on(store, ticks_of_a_day())
    store.put("parquet/a.parquet", parquet_bytes(ticks_of_a_day().slice(1).select(names(TICKS))))
    with pytest.raises(ImmutabilityError, match=r"parquet/a\.parquet changed"):
        clean_day(place, work)


def test_a_worker_imports_little() -> None:
    """No Dagster, and nothing that a cluster would need besides numpy, numba and pyarrow."""
    loaded = subprocess.run(
        [sys.executable, "-c", SHIPPED], capture_output=True, text=True, check=True
    ).stdout
    assert not set(loaded.split()) & {
        "dagster",
        "pydantic",
        "boto3",
        "polars",
        "duckdb",
        "pyspark",
        "matplotlib",
    }
