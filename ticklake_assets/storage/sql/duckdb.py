"""DuckDB over Iceberg.

DuckDB's own Iceberg and S3 readers are extensions that it would download; PyIceberg and Arrow read instead, and
DuckDB sees Arrow tables. Itself it may touch no network and no file but its own spill in a folder of its own.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
from pyiceberg.exceptions import NoSuchTableError

from ticklake_assets.core.calendar import calendar_days
from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.storage.gold.schema import NAMESPACE
from ticklake_assets.storage.gold.tables import GoldTables
from ticklake_assets.storage.sql.arrow_scan import arrow_dataset
from ticklake_assets.storage.sql.engine import GOLD_REFERENCE, Answer, QueryResult, View
from ticklake_assets.storage.sql.statement import Statement, at_line_and_column

_CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "enable_external_access": False,
    "errors_as_json": True,  # with the position in the text
}
_ROWS_AT_ONCE = 10_000
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
        with self._run(sql, {}, views or {}) as (columns, rows):
            return QueryResult(columns, list(rows))

    @contextmanager
    def answer(self, statement: Statement, values: Mapping[str, str]) -> Iterator[Answer]:
        """Run it; rows come as DuckDB makes them, and what memory doesn't hold is spilled while it runs."""
        with self._run(statement.with_places("${}".format), statement.chosen(values), {}) as answer:
            yield answer

    def close(self) -> None:
        """Let the kept rows go; the catalog belongs to whoever opened it."""
        self._kept.clear()

    @contextmanager
    def _run(self, sql: str, values: Mapping[str, str], views: Mapping[str, View]) -> Iterator[Answer]:
        with (
            tempfile.TemporaryDirectory(prefix="ticklake-sql-") as spill,
            duckdb.connect(":memory:", config={**_CLOSED, "temp_directory": spill}) as connection,
        ):
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("CREATE SCHEMA gold")
            for name in sorted({name.lower() for name in GOLD_REFERENCE.findall(sql)}):
                connection.register(f"rows_of_{name}", self._rows(name, views.get(name)))
                view = f"CREATE VIEW gold.{name} AS SELECT * FROM rows_of_{name}"  # noqa: S608 - one of three names
                connection.execute(view)
            with _told(sql):
                made = connection.execute(sql, dict(values))
            yield Answer(tuple(str(column[0]) for column in made.description), _fetched(made, sql))

    def _rows(self, name: str, view: View | None) -> pa.Table | ds.Dataset:
        if view is None:
            return self._current(name)
        if (name, view) not in self._kept:
            days = calendar_days(view.first_day, view.last_day)
            rows = self._gold.scan(name, view.symbol, days, view.snapshot_id)
            if view.snapshot_id is None:
                return rows
            while len(self._kept) >= _VIEWS_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[name, view] = rows
        return self._kept[name, view]

    def _current(self, name: str) -> ds.Dataset:
        """The table as it is: asking neither makes it nor adds columns, as on Trino."""
        try:
            with self._gold.explained_errors():
                return arrow_dataset(self._gold.catalog.load_table((NAMESPACE, name)))
        except NoSuchTableError as error:
            raise MissingDataError(
                f"Expected a table gold.{name}, was none: bring days to gold with `ticklake backfill`"
            ) from error


def _fetched(made: duckdb.DuckDBPyConnection, sql: str) -> Iterator[tuple[object, ...]]:
    while True:
        with _told(sql):
            rows = made.fetchmany(_ROWS_AT_ONCE)
        if not rows:
            return
        yield from rows


@contextmanager
def _told(sql: str) -> Iterator[None]:
    """Turn DuckDB's errors, which it is asked to give as JSON, into one line each."""
    try:
        yield
    except duckdb.Error as error:
        told = json.loads(str(error).partition(": ")[2] or "{}")
        at = f" at {at_line_and_column(sql, int(told['position']))}" if "position" in told else ""
        raise DataError(
            f"DuckDB refuses the query{at}: {' '.join(told['exception_message'].split())}"
        ) from error
