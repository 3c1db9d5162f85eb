"""Trino over its HTTP protocol, through the `trino` client.

The tests speak the statement protocol from a local server, so they prove what is sent and what is made of the
answers; that Trino reads the same rows as PyIceberg is proved where a real Trino runs, by the stack's checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import trino

from ticklake_assets.core.errors import DataError, SetupError, TransientError
from ticklake_assets.credentials import hidden
from ticklake_assets.storage.sql.engine import GOLD_REFERENCE, Answer, QueryResult, View
from ticklake_assets.storage.sql.statement import Statement
from ticklake_assets.storage.sql.trino_types import record_batches

_Description = Sequence[Sequence[Any]]
"""A cursor's: name, type and more of each column."""
_TIMEOUT_S = 60.0
_ROWS_AT_ONCE = 1_000
_MISSING = re.compile(r"(Catalog|Schema) '(\w+)' (?:not found|does not exist)")
_PASSING = (
    trino.exceptions.TrinoConnectionError,
    trino.exceptions.TrinoQueryError,
    trino.exceptions.Http502Error,
    trino.exceptions.Http503Error,
    trino.exceptions.Http504Error,
    OSError,  # what the client's HTTP library raises where nobody listens
)


class TrinoEngine:
    """An `SqlEngine` on a Trino server whose catalog is the same Iceberg catalog."""

    def __init__(self, host: str, port: int, user: str, catalog: str, password: str = "") -> None:
        self._connection = trino.dbapi.connect(  # type: ignore[no-untyped-call]  # the client is half typed
            host=host,
            port=port,
            user=user,
            catalog=catalog,
            schema="gold",
            source="ticklake",
            timezone="UTC",
            request_timeout=_TIMEOUT_S,
            http_scheme="https" if password else "http",
            auth=trino.auth.BasicAuthentication(user, password) if password else None,
        )

    @classmethod
    def from_url(cls, url: str) -> TrinoEngine:
        parts = urlsplit(url)
        catalog = parts.path.strip("/")
        if not parts.hostname or not parts.username or not catalog:
            raise SetupError(
                f"Incomplete SQL URL. Expected trino://user@host:port/catalog, was {hidden(url)!r}"
            )
        password = unquote(parts.password or "")
        port = parts.port or (443 if password else 8080)
        return cls(parts.hostname, port, unquote(parts.username), catalog, password)

    def query(self, sql: str, views: Mapping[str, View] | None = None) -> QueryResult:
        """Run the text with each viewed table replaced by its rows as of the snapshot."""
        with self._run(_pinned(sql, views or {}), []) as (description, rows):
            return QueryResult(_columns(description), list(rows))

    @contextmanager
    def answer(self, statement: Statement, values: Mapping[str, str]) -> Iterator[Answer]:
        """Run it as a prepared statement where it has parameters; rows come page by page."""
        with self._prepared(statement, values) as (description, rows):
            yield Answer(_columns(description), rows)

    @contextmanager
    def batches(self, statement: Statement, values: Mapping[str, str]) -> Iterator[pa.RecordBatchReader]:
        """As `answer`, its pages as Arrow; a type that Arrow lacks is text."""
        with self._prepared(statement, values) as (description, rows):
            yield record_batches(description, rows)

    def _prepared(
        self, statement: Statement, values: Mapping[str, str]
    ) -> AbstractContextManager[tuple[_Description, Iterator[tuple[object, ...]]]]:
        chosen = statement.chosen(values)
        text = statement.with_places(lambda _: "?")
        return self._run(text, [chosen[name] for name in statement.parameters])

    @contextmanager
    def _run(
        self, sql: str, values: Sequence[str]
    ) -> Iterator[tuple[_Description, Iterator[tuple[object, ...]]]]:
        cursor = self._connection.cursor()
        # The client puts words before a text with values; on a line of their own they move no column.
        lines_before = 1 if values else 0
        try:
            with _told(lines_before):
                cursor.execute("\n" * lines_before + sql, values)
            yield cursor.description or (), _fetched(cursor, lines_before)
        finally:
            cursor.close()

    def close(self) -> None:
        self._connection.close()


def _columns(description: _Description) -> tuple[str, ...]:
    return tuple(str(column[0]) for column in description)


def _fetched(cursor: trino.dbapi.Cursor, lines_before: int) -> Iterator[tuple[object, ...]]:
    while True:
        with _told(lines_before):
            rows = cursor.fetchmany(_ROWS_AT_ONCE)
        if not rows:
            return
        yield from (tuple(row) for row in rows)


@contextmanager
def _told(lines_before: int) -> Iterator[None]:
    """Turn the client's errors into ours, one line each."""
    try:
        yield
    except (trino.exceptions.TrinoUserError, trino.exceptions.NotSupportedError) as error:
        if missing := _MISSING.search(str(error)):
            raise SetupError(
                f"Trino has no {missing[1].lower()} {missing[2]}. Expected the catalog of TICKLAKE_SQL_URL, "
                "and in its properties iceberg.jdbc-catalog.catalog-name as TICKLAKE_CATALOG_NAME; before gold's "
                "first commit there is no schema gold either"
            ) from error
        raise DataError(f"Trino refuses the query{_where_and_why(error, lines_before)}") from error
    except _PASSING as error:
        raise TransientError(f"Trino does not answer: {' '.join(str(error).split())}") from error
    except (trino.exceptions.TrinoAuthError, trino.exceptions.HttpError) as error:
        raise SetupError(
            f"Trino does not let us in: {error}. Expected a valid user in the SQL URL"
        ) from error


def _where_and_why(error: Exception, lines_before: int) -> str:
    message = " ".join(str(getattr(error, "message", error)).split())
    placed = re.fullmatch(r"line (\d+):(\d+): (.*)", message)
    if placed is None:
        return f": {message}"
    return f" at line {int(placed[1]) - lines_before}, column {placed[2]}: {placed[3]}"


def _pinned(sql: str, views: Mapping[str, View]) -> str:
    """The text for Trino: a viewed table becomes a subquery on one snapshot, the rest stays as it is."""

    def rows_of(reference: re.Match[str]) -> str:
        name = reference[1].lower()
        view = views.get(name)
        if view is None:
            return f"gold.{name}"
        version = "" if view.snapshot_id is None else f" FOR VERSION AS OF {view.snapshot_id:d}"
        days = f"trading_day BETWEEN DATE '{view.first_day}' AND DATE '{view.last_day}'"
        rows = f"gold.{name}{version} WHERE symbol = '{view.symbol}' AND {days}"
        # Nothing here is free text: one of three names, an integer, a symbol by View's pattern, two dates.
        return f"(SELECT * FROM {rows})"  # noqa: S608

    return GOLD_REFERENCE.sub(rows_of, sql)
