"""DuckDB over Iceberg.

DuckDB's own Iceberg and S3 readers are extensions that it would download; PyIceberg and Arrow read instead, and
DuckDB sees Arrow tables. Itself it may touch no network and no file but its own spill in a folder of its own.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds

from ticklake_assets.core.calendar import calendar_days
from ticklake_assets.core.errors import DataError
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
        given = views or {}
        with self._opened(sql, lambda name: self._rows(name, given.get(name))) as connection:
            made = _executed(connection, sql, {})
            return QueryResult(_columns(made), list(_fetched(made, sql)))

    @contextmanager
    def answer(self, statement: Statement, values: Mapping[str, str]) -> Iterator[Answer]:
        """Run it; rows come as DuckDB makes them, and what memory doesn't hold is spilled while it runs."""
        sql = statement.with_places("${}".format)
        chosen = statement.chosen(values)
        with self._opened(sql, self._current) as connection:
            made = _executed(connection, sql, chosen)
            yield Answer(_columns(made), _fetched(made, sql))

    @contextmanager
    def batches(
        self,
        statement: Statement,
        values: Mapping[str, str],
        snapshots: Mapping[str, int] = MappingProxyType({}),
    ) -> Iterator[pa.RecordBatchReader]:
        """Run it; the rows as Arrow. Tables that `snapshots` names are read as of that snapshot, others as of now."""
        sql = statement.with_places("${}".format)
        chosen = statement.chosen(values)
        with self._opened(sql, lambda name: self._current(name, snapshots.get(name))) as connection:
            with _told(sql):
                # A relation runs while it is read; what `execute` gives, DuckDB would hold whole for Arrow.
                reader = connection.sql(sql, params=dict(chosen)).to_arrow_reader(_ROWS_AT_ONCE)
            yield pa.RecordBatchReader.from_batches(reader.schema, _explained(reader, sql))

    def close(self) -> None:
        """Let the kept rows go; the catalog belongs to whoever opened it."""
        self._kept.clear()

    @contextmanager
    def _opened(
        self, sql: str, rows_of: Callable[[str], pa.Table | ds.Dataset]
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """An empty database with a view of each table that the text names."""
        with (
            tempfile.TemporaryDirectory(prefix="ticklake-sql-") as spill,
            duckdb.connect(":memory:", config={**_CLOSED, "temp_directory": spill}) as connection,
        ):
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("CREATE SCHEMA gold")
            for name in sorted({name.lower() for name in GOLD_REFERENCE.findall(sql)}):
                connection.register(f"rows_of_{name}", rows_of(name))
                view = f"CREATE VIEW gold.{name} AS SELECT * FROM rows_of_{name}"  # noqa: S608 - one of three names
                connection.execute(view)
            yield connection

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

    def _current(self, name: str, snapshot_id: int | None = None) -> ds.Dataset:
        """The table as it is, or was: asking neither makes it nor adds columns, as on Trino."""
        table = self._gold.existing(name)
        with self._gold.explained_errors():
            return arrow_dataset(table, snapshot_id)


def _executed(
    connection: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, str]
) -> duckdb.DuckDBPyConnection:
    with _told(sql):
        return connection.execute(sql, dict(values))


def _columns(made: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    return tuple(str(column[0]) for column in made.description)


def _explained(reader: pa.RecordBatchReader, sql: str) -> Iterator[pa.RecordBatch]:
    while True:
        with _told(sql):
            batch = next(reader, None)
        if batch is None:
            return
        yield batch


def _fetched(made: duckdb.DuckDBPyConnection, sql: str) -> Iterator[tuple[object, ...]]:
    while True:
        with _told(sql):
            rows = made.fetchmany(_ROWS_AT_ONCE)
        if not rows:
            return
        yield from rows


@contextmanager
def _told(sql: str) -> Iterator[None]:
    """Turn DuckDB's errors into one line each: it is asked to give them as JSON, and gives some as text."""
    try:
        yield
    except (duckdb.Error, pa.ArrowException, OSError) as error:  # the last two by a reader of Arrow
        said = str(error).partition(": ")[2] or str(error)
        told = json.loads(said) if said.startswith("{") else {"exception_message": said.partition("LINE ")[0]}
        at = f" at {at_line_and_column(sql, int(told['position']))}" if "position" in told else ""
        raise DataError(
            f"DuckDB refuses the query{at}: {' '.join(told['exception_message'].split())}"
        ) from error
