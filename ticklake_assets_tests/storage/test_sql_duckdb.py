from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.sql_duckdb import DuckDbEngine
from ticklake_assets.storage.sql_engine import View
from ticklake_assets_tests.storage.gold_builders import (
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
    with open_gold(tmp_path) as gold, pytest.raises(DataError, match="DuckDB refuses the query"):
        DuckDbEngine(gold).query(sql)
