from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa
import pytest

from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.sql.duckdb import DuckDbEngine, _explained
from ticklake_assets.storage.sql.engine import View
from ticklake_assets.storage.sql.statement import Statement
from ticklake_assets_tests.storage.gold.builders import (
    MONDAY,
    RUN,
    days_from,
    fill_gold,
    make_bars,
    open_gold,
)

_ROWS = "SELECT count(*) AS value FROM gold.bars AS b"


def test_a_view_is_one_symbols_days_at_a_snapshot(tmp_path: Path) -> None:
    days = [*days_from(MONDAY, 3), SymbolDay("GBPJPY", MONDAY.trading_day)]
    with open_gold(tmp_path) as gold:
        engine = DuckDbEngine(gold)
        old = gold.replace("bars", days, pa.concat_tables(make_bars(day, 10) for day in days), RUN)
        gold.replace("bars", days[:1], make_bars(days[0], 1), RUN)
        first, last = days[0].trading_day, days[1].trading_day
        assert engine.query(_ROWS).rows == [(31,)]
        assert engine.query(_ROWS, {"bars": View("EURUSD", first, last)}).rows == [(11,)]
        assert engine.query(_ROWS, {"bars": View("EURUSD", first, last, old)}).rows == [(20,)]


def test_tables_join_and_times_are_in_utc(tmp_path: Path) -> None:
    sql = (
        "SELECT f.ts_event, CAST(l.known_at AS date) AS known_day FROM gold.features AS f "
        "JOIN gold.labels AS l ON f.symbol = l.symbol AND f.ts_event = l.ts_event ORDER BY f.ts_event"
    )
    with open_gold(tmp_path) as gold:
        fill_gold(gold, [MONDAY], events=2)
        answer = DuckDbEngine(gold).query(sql)
    assert answer.columns == ("ts_event", "known_day")
    assert answer.rows[0] == (datetime(2024, 1, 1, 0, 15, tzinfo=UTC), MONDAY.trading_day)


def test_the_finite_idiom_finds_nan_and_infinity(tmp_path: Path) -> None:
    rows = make_bars(MONDAY, 4)
    at = rows.schema.get_field_index("spread_mean")
    rows = rows.set_column(
        at, rows.schema.field(at), pa.array([1.0, float("nan"), float("inf"), float("-inf")])
    )
    with open_gold(tmp_path) as gold:
        gold.replace("bars", [MONDAY], rows, RUN)
        sql = f"{_ROWS} WHERE NOT COALESCE(b.spread_mean BETWEEN -1E300 AND 1E300, false)"
        assert DuckDbEngine(gold).query(sql).rows == [(3,)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT nothing FROM gold.bars AS b",
        "SELECT FROM",
        "SELECT * FROM read_csv('/etc/passwd')",
        "INSTALL httpfs",
    ],
)
def test_wrong_sql_files_and_downloads_are_refused(tmp_path: Path, sql: str) -> None:
    with open_gold(tmp_path) as gold:
        gold.table("bars")
        with pytest.raises(DataError, match="DuckDB refuses the query"):
            DuckDbEngine(gold).query(sql)


def test_rows_are_answered_with_bound_parameters(tmp_path: Path) -> None:
    days = [MONDAY, SymbolDay("GBPJPY", MONDAY.trading_day)]
    statement = Statement(f"{_ROWS} WHERE b.symbol = :symbol AND b.tick_count > CAST(:least AS bigint)")
    with open_gold(tmp_path) as gold:
        gold.replace("bars", days, pa.concat_tables(make_bars(day, 10) for day in days), RUN)
        engine = DuckDbEngine(gold)
        with engine.answer(statement, {"symbol": "GBPJPY", "least": "999"}) as answer:
            assert (answer.columns, list(answer.rows)) == (("value",), [(10,)])
        with engine.answer(statement, {"symbol": "' OR 1 = 1 --", "least": "0"}) as answer:
            assert list(answer.rows) == [(0,)]


def test_an_answer_reads_only_the_files_of_the_symbol_days_that_its_parameters_name(tmp_path: Path) -> None:
    statement = Statement(f"{_ROWS} WHERE b.symbol = :symbol AND b.trading_day >= CAST(:first AS date)")
    with open_gold(tmp_path) as gold:
        days = [*days_from(MONDAY, 3), SymbolDay("GBPJPY", MONDAY.trading_day)]
        gold.replace("bars", days, pa.concat_tables(make_bars(day, 10) for day in days), RUN)
        kept = [task.file for task in gold.table("bars").scan().plan_files()]
        for file in kept:
            if "trading_day=2024-01-03" not in file.file_path:
                Path(urlsplit(file.file_path).path).unlink()
        with DuckDbEngine(gold).answer(statement, {"symbol": "EURUSD", "first": "2024-01-03"}) as answer:
            assert list(answer.rows) == [(10,)]


def test_more_rows_than_memory_holds_come_one_after_the_other(tmp_path: Path) -> None:
    statement = Statement("SELECT n FROM range(1000000000000) AS r (n)")
    with open_gold(tmp_path) as gold, DuckDbEngine(gold).answer(statement, {}) as answer:
        assert list(islice(answer.rows, 3)) == [(0,), (1,), (2,)]


def test_arrow_comes_batch_after_batch_too(tmp_path: Path) -> None:
    statement = Statement("SELECT n FROM range(1000000000000) AS r (n)")
    with open_gold(tmp_path) as gold, DuckDbEngine(gold).batches(statement, {}) as batches:
        assert 1 <= batches.read_next_batch().num_rows <= 100_000


def test_arrow_is_as_of_a_snapshot_that_is_named(tmp_path: Path) -> None:
    days, statement = days_from(MONDAY, 3), Statement(f"{_ROWS} WHERE b.symbol = :symbol")
    with open_gold(tmp_path) as gold:
        engine = DuckDbEngine(gold)
        old = gold.replace("bars", days, pa.concat_tables(make_bars(day, 10) for day in days), RUN)
        gold.replace("bars", days[:1], make_bars(days[0], 1), RUN)
        for snapshots, rows in (({}, 21), ({"bars": old}, 30)):
            with engine.batches(statement, {"symbol": "EURUSD"}, snapshots) as batches:
                assert batches.read_all().to_pylist() == [{"value": rows}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT x FROM gold.bars AS b", r"^DuckDB refuses the query.*x"),
        ("SELECT 1 FROM gold.trades AS t", r"^DuckDB refuses the query.*trades does not exist"),
        (
            "SELECT CAST(CASE WHEN n = 999999 THEN 'x' ELSE '1' END AS int) AS a FROM range(1000000) AS r (n)",
            r"^DuckDB refuses the query at line 1, column 8: Could not convert string 'x'",
        ),
    ],
)
def test_an_error_of_arrow_is_one_line_too(tmp_path: Path, text: str, said: str) -> None:
    with open_gold(tmp_path) as gold:
        fill_gold(gold, [MONDAY])
        with (
            pytest.raises(DataError, match=said) as caught,
            DuckDbEngine(gold).batches(Statement(text), {}) as batches,
        ):
            batches.read_all()
    assert "\n" not in str(caught.value)


def test_what_the_disk_says_while_arrow_is_read_is_kept() -> None:
    """Of a library's reader, not of DuckDB: its text has no colon."""

    def batches() -> Iterator[pa.RecordBatch]:
        raise OSError(28, "No space left on device")
        yield

    reader = pa.RecordBatchReader.from_batches(pa.schema([("x", pa.int64())]), batches())
    with pytest.raises(DataError, match=r"DuckDB refuses the query: .*No space left on device"):
        list(_explained(reader, "SELECT 1"))


def test_an_error_is_one_line_with_its_place(tmp_path: Path) -> None:
    statement = Statement("SELECT\n  b.symbol,\n  b.nothing\nFROM gold.bars AS b WHERE b.symbol = :symbol")
    with open_gold(tmp_path) as gold:
        fill_gold(gold, [MONDAY])
        place = r"^DuckDB refuses the query at line 3, column 3: .*nothing"
        with (
            pytest.raises(DataError, match=place) as refused,
            DuckDbEngine(gold).answer(statement, {"symbol": "X"}),
        ):
            pass
    assert "\n" not in str(refused.value)


def test_an_error_while_rows_are_made_is_one_line_too(tmp_path: Path) -> None:
    statement = Statement(
        "SELECT CAST(CASE WHEN n = 999999 THEN 'x' ELSE '1' END AS int) FROM range(1000000) AS r (n)"
    )
    with (
        open_gold(tmp_path) as gold,
        DuckDbEngine(gold).answer(statement, {}) as answer,
        pytest.raises(DataError, match=r"DuckDB refuses the query.*'x'"),
    ):
        list(answer.rows)


def test_asking_makes_no_table(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        with (
            pytest.raises(MissingDataError, match=r"Expected a table gold\.bars"),
            DuckDbEngine(gold).answer(Statement(_ROWS), {}),
        ):
            pass
        assert gold.catalog.list_namespaces() == []
