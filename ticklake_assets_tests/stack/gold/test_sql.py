"""The same SQL on a running Trino and on DuckDB, over the same gold in the same catalog: equal answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from typing import Any, NamedTuple

import polars as pl
import pytest

from stack.services.trino import Trino
from stack.site import Site
from ticklake_assets.core.errors import DataError
from ticklake_assets.core.features import FEATURES
from ticklake_assets.core.folds import Fold, Windows
from ticklake_assets.core.label_table import LABEL_TABLE
from ticklake_assets.core.schemas import names
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.datasets.checks import CheckedWindow, run_checks
from ticklake_assets.storage.gold.tables import GoldTables
from ticklake_assets.storage.sql.duckdb import DuckDbEngine
from ticklake_assets.storage.sql.engine import SqlEngine
from ticklake_assets.storage.sql.library import SqlFile
from ticklake_assets.storage.sql.opening import open_engine
from ticklake_assets.storage.sql.statement import Statement
from ticklake_assets_tests.oracles.research_polars import ORACLES, Market, market_of
from ticklake_assets_tests.stack.gold.engines import open_gold
from ticklake_assets_tests.storage.gold.builders import (
    RUN,
    days_from,
    fill_gold,
    fill_gold_from,
    make_bars,
    make_sources,
    random_days,
)
from ticklake_assets_tests.storage.sql.same_answer import assert_same_answer

pytestmark = pytest.mark.stack

# A symbol and years that nothing else in the stack's gold has.
RANDOM = [SymbolDay("NZDUSD", date(2004, 1, day)) for day in (15, 16, 19)]
SEEDED = days_from(SymbolDay("NZDUSD", date(2004, 3, 1)), 8)
TOUCHED = days_from(SymbolDay("NZDUSD", date(2004, 5, 3)), 2)


class Lake(NamedTuple):
    gold: GoldTables
    trino: SqlEngine
    duckdb: SqlEngine
    market: Market


@pytest.fixture(scope="module")
def lake(gold_site: Site) -> Iterator[Lake]:
    """The stack's gold with some days of NZDUSD, which are emptied at the end."""
    quotes, url = random_days(RANDOM), Trino().settings(gold_site)["TICKLAKE_SQL_URL"]
    with open_gold(gold_site) as gold, closing(open_engine(url, gold)) as trino:
        fill_gold_from(gold, quotes)
        fill_gold(gold, SEEDED)
        labels = pl.DataFrame(gold.scan("labels", "NZDUSD", [day.trading_day for day in RANDOM]))
        yield Lake(gold, trino, DuckDbEngine(gold), market_of(quotes, labels))
        days = [*RANDOM, *SEEDED, *TOUCHED]
        for table in ("bars", "features", "labels"):
            gold.replace(table, days, gold.scan(table, "NZDUSD", []), RUN)


def ask(engine: SqlEngine, text: str, **values: str) -> list[tuple[Any, ...]]:
    with engine.answer(Statement(text), values) as answer:
        return list(answer.rows)


@pytest.mark.parametrize("name", ORACLES)
def test_a_research_query_has_one_answer(lake: Lake, name: str) -> None:
    file, (others, oracle) = SqlFile.find(name), ORACLES[name]
    days = {"first": str(RANDOM[0].trading_day), "last": str(RANDOM[-1].trading_day)}
    values = {**file.defaults, "symbol": "NZDUSD", **days, **others}
    with lake.trino.answer(file.statement, values) as answer:
        assert answer.columns == file.columns
        of_trino = list(answer.rows)
    with lake.duckdb.answer(file.statement, values) as answer:
        of_duckdb = list(answer.rows)
    assert len(of_trino) > 2
    assert_same_answer(of_trino, of_duckdb)
    assert_same_answer(of_trino, oracle(lake.market).iter_rows())


@pytest.mark.parametrize("table", ["bars", "features", "labels"])
def test_every_column_of_every_row_is_the_same(lake: Lake, table: str) -> None:
    time = "bar_end" if table == "bars" else "ts_event"
    sql = f"SELECT * FROM gold.{table} AS t WHERE t.symbol = :symbol ORDER BY t.{time}"
    of_trino = ask(lake.trino, sql, symbol="NZDUSD")
    assert len(of_trino) > 100
    assert_same_answer(of_trino, ask(lake.duckdb, sql, symbol="NZDUSD"))


def test_the_checks_of_a_dataset_are_the_same(lake: Lake) -> None:
    snapshots = {table: lake.gold.snapshot_id(table) or 0 for table in ("bars", "features", "labels")}
    window = CheckedWindow(
        symbol="NZDUSD",
        fold=Fold.before(SEEDED[-1].shifted(1).trading_day, Windows(4, 2, 2)),
        feature_names=names(FEATURES),
        label_table=LABEL_TABLE,
        min_open_ticks=20_000,
        sources=make_sources(SEEDED),
        snapshots=snapshots,
        committed={
            table: sum(lake.gold.row_counts(table, SEEDED, snapshots[table]).values())
            for table in ("features", "labels")
        },
    )
    of_trino, of_duckdb = run_checks(lake.trino, window), run_checks(lake.duckdb, window)
    assert of_trino == of_duckdb
    assert [check.name for check in of_trino if not check.passed] == []
    assert {check.name: check.value for check in of_trino}["features_are_those_committed"] == 320


def test_what_trino_deleted_and_rewrote_is_gone_and_rewritten_in_duckdb(lake: Lake) -> None:
    of_may = "b.symbol = :symbol AND b.trading_day >= DATE '2004-05-01'"
    sql = f"SELECT * FROM gold.bars AS b WHERE {of_may} ORDER BY b.bar_end"
    for day in TOUCHED:
        lake.gold.replace("bars", [day], make_bars(day, 10), RUN)
    of_day = f"symbol = 'NZDUSD' AND trading_day = DATE '{TOUCHED[0].trading_day}'"
    lake.trino.query(
        f"DELETE FROM gold.bars WHERE {of_day} AND bar_end <= TIMESTAMP '2004-05-03 00:04:00 UTC'"
    )
    assert any(task.delete_files for task in lake.gold.table("bars").scan().plan_files())
    assert len(ask(lake.duckdb, sql, symbol="NZDUSD")) == 16
    assert_same_answer(ask(lake.trino, sql, symbol="NZDUSD"), ask(lake.duckdb, sql, symbol="NZDUSD"))
    lake.trino.query(f"ALTER TABLE gold.bars EXECUTE optimize WHERE {of_day}")
    assert not any(task.delete_files for task in lake.gold.table("bars").scan().plan_files())
    assert_same_answer(ask(lake.trino, sql, symbol="NZDUSD"), ask(lake.duckdb, sql, symbol="NZDUSD"))


@pytest.mark.parametrize("parameter", ["", "WHERE b.symbol = :symbol"])
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("SELECT b.nothing FROM gold.bars AS b", "line 1, column 8"),
        ("SELECT b.symbol,\n  'it''s', b.nothing\nFROM gold.bars AS b", "line 2, column 12"),
    ],
)
def test_an_error_names_its_place_in_the_text(lake: Lake, text: str, place: str, parameter: str) -> None:
    values = {"symbol": "it's"} if parameter else {}
    for engine in (lake.trino, lake.duckdb):
        with pytest.raises(DataError, match=f"refuses the query at {place}: .*nothing") as refused:
            ask(engine, f"{text} {parameter}", **values)
        assert "\n" not in str(refused.value)


def test_a_value_is_never_sql(lake: Lake) -> None:
    for engine in (lake.trino, lake.duckdb):
        value = "x' OR '1' = '1"
        assert ask(engine, "SELECT count(*) FROM gold.bars AS b WHERE b.symbol = :symbol", symbol=value) == [
            (0,)
        ]
        assert ask(engine, "SELECT :value, :value", value="'; \\ \n\"é") == [("'; \\ \n\"é",) * 2]
