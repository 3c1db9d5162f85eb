"""DuckDB over Iceberg scans.

DuckDB's own Iceberg and S3 readers are extensions that it would download; PyIceberg reads instead, and DuckDB
sees Arrow tables. Nothing here touches the network or a file.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pyarrow as pa

from ticklake_assets.core.calendar import calendar_days
from ticklake_assets.core.errors import DataError
from ticklake_assets.storage.iceberg import GoldTables
from ticklake_assets.storage.sql_engine import GOLD_REFERENCE, QueryResult, View

_CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "enable_external_access": False,
}
_VIEWS_KEPT = 3  # one of each gold table: what a series of checks asks for


class DuckDbEngine:
    """An `SqlEngine` that needs no server; a fresh in-memory database for each query.

    Rows of a snapshot cannot change, so those of the last few views are kept between queries.
    """

    def __init__(self, gold: GoldTables) -> None:
        self._gold = gold
        self._kept: dict[tuple[str, View], pa.Table] = {}

    def query(self, sql: str, views: Mapping[str, View] | None = None) -> QueryResult:
        """Read the tables that the text names, then run it."""
        connection = duckdb.connect(":memory:", config=_CLOSED)
        try:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("CREATE SCHEMA gold")
            for name in sorted({name.lower() for name in GOLD_REFERENCE.findall(sql)}):
                connection.register(f"rows_of_{name}", self._rows(name, (views or {}).get(name)))
                view = f"CREATE VIEW gold.{name} AS SELECT * FROM rows_of_{name}"  # noqa: S608 - one of three names
                connection.execute(view)
            answer = connection.execute(sql)
            columns = tuple(str(column[0]) for column in answer.description)
            return QueryResult(columns, [tuple(row) for row in answer.fetchall()])
        except duckdb.Error as error:
            raise DataError(f"DuckDB refuses the query: {error}") from error
        finally:
            connection.close()

    def close(self) -> None:
        """Let the kept rows go; the catalog belongs to whoever opened it."""
        self._kept.clear()

    def _rows(self, name: str, view: View | None) -> pa.Table:
        if view is None:
            return self._gold.table(name).scan().to_arrow()
        if (name, view) not in self._kept:
            days = calendar_days(view.first_day, view.last_day)
            rows = self._gold.scan(name, view.symbol, days, view.snapshot_id)
            if view.snapshot_id is None:
                return rows
            while len(self._kept) >= _VIEWS_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[name, view] = rows
        return self._kept[name, view]
