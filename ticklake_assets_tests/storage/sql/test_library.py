from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest

from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.gold.tables import GoldTables
from ticklake_assets.storage.sql.duckdb import DuckDbEngine
from ticklake_assets.storage.sql.library import SqlFile, library
from ticklake_assets_tests.oracles.research_polars import ORACLES, Market, market_of
from ticklake_assets_tests.storage.gold.builders import (
    MONDAY,
    RUN,
    fill_gold,
    fill_gold_from,
    make_labels,
    open_gold,
    random_days,
)
from ticklake_assets_tests.storage.sql.same_answer import assert_same_answer

DAYS = [SymbolDay("EURUSD", date(2024, 1, day)) for day in (18, 19, 22)]  # a weekend between
OTHER = SymbolDay("GBPUSD", date(2024, 1, 19))


class Filled(NamedTuple):
    gold: GoldTables
    market: Market


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """Three days of EURUSD among others in gold, and the quotes that they were made from."""
    quotes = random_days([*DAYS, OTHER])
    with open_gold(tmp_path_factory.mktemp("gold")) as gold:
        fill_gold_from(gold, quotes)
        labels = gold.scan("labels", "EURUSD", [day.trading_day for day in DAYS])
        yield Filled(gold, market_of({day: quotes[day] for day in DAYS}, pl.DataFrame(labels)))


def test_every_query_has_an_oracle() -> None:
    assert [file.name for file in library()] == sorted(ORACLES)


@pytest.mark.parametrize("name", ORACLES)
def test_the_answer_is_that_of_polars(filled: Filled, name: str) -> None:
    file, (others, oracle) = SqlFile.find(name), ORACLES[name]
    values = {**file.defaults, "symbol": "EURUSD", **others}
    with DuckDbEngine(filled.gold).answer(file.statement, values) as answer:
        rows = list(answer.rows)
    wanted = oracle(filled.market)
    assert answer.columns == file.columns == tuple(wanted.columns)
    assert len(rows) > 2
    assert_same_answer(rows, wanted.iter_rows())


@pytest.mark.parametrize("name", ORACLES)
def test_days_outside_first_and_last_are_left_out(filled: Filled, name: str) -> None:
    file, (others, oracle) = SqlFile.find(name), ORACLES[name]
    values = {**file.defaults, "symbol": "EURUSD", **others, "first": "2024-01-19", "last": "2024-01-19"}
    quotes, labels = filled.market
    of_day = Market(
        quotes.filter(pl.col("day_us") == DAYS[1].start_us),
        labels.filter(pl.col("trading_day") == DAYS[1].trading_day),
    )
    with DuckDbEngine(filled.gold).answer(file.statement, values) as answer:
        assert_same_answer(list(answer.rows), oracle(of_day).iter_rows())


@pytest.mark.parametrize("file", library(), ids=lambda file: file.name)
def test_a_query_explains_itself(file: SqlFile) -> None:
    assert file.doc.endswith(".")
    assert set(file.parameters) == set(file.statement.parameters)
    assert set(file.parameters) - set(file.defaults) == {"symbol"}


def test_a_path_is_read_and_a_name_is_of_the_library(tmp_path: Path) -> None:
    path = tmp_path / "mine.sql"
    path.write_text("-- Mine.\n-- param n = 3: a number\nSELECT CAST(:n AS bigint) AS n")
    mine = SqlFile.find(str(path))
    assert (mine.name, mine.doc, mine.defaults) == ("mine", "Mine.", {"n": "3"})
    assert SqlFile.find("bars").text == (Path(__file__).parents[3] / "sql" / "bars.sql").read_text()
    for unknown in ("nothing", str(tmp_path / "no.sql"), str(tmp_path)):
        with pytest.raises(MissingDataError, match=r"Expected an SQL file or one of bars, gaps, .*; was"):
            SqlFile.find(unknown)


def test_a_bar_is_known_from_its_close_to_the_next_of_its_day(tmp_path: Path) -> None:
    file, tuesday = SqlFile.find("labels_as_of_bars"), MONDAY.shifted(1)
    with open_gold(tmp_path) as gold:
        fill_gold(gold, [MONDAY], events=40)  # bars end at 00:01 to 00:25, events are at 00:15 to 00:54
        gold.replace("labels", [tuesday], make_labels(tuesday, 1), RUN)
        values = {**file.defaults, "symbol": "EURUSD"}
        with DuckDbEngine(gold).answer(file.statement, values) as answer:
            rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    assert [row["age_seconds"] for row in rows] == [0] * 11 + [60 * late for late in range(1, 30)] + [None]
    assert [row["bar_end"] for row in rows[:11]] == [row["ts_event"] for row in rows[:11]]
    assert rows[-1]["ts_event"].date() == tuesday.trading_day
    assert (rows[-1]["bar_end"], rows[-1]["bar_mid"]) == (None, None)
