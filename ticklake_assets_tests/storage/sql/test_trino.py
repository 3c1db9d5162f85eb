"""Against a local server that speaks Trino's statement protocol: POST, then `nextUri` until it is gone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pyarrow as pa
import pytest

from ticklake_assets.core.errors import DataError, SetupError, TransientError
from ticklake_assets.storage.sql.engine import View
from ticklake_assets.storage.sql.statement import Statement
from ticklake_assets.storage.sql.trino import TrinoEngine


class StatementServer(ThreadingHTTPServer):
    """Answers every statement with two pages of `rows`, or with `error`, or with an HTTP `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.rows: list[list[Any]] = [[41], [42]]
        self.error: dict[str, Any] | None = None
        self.status = 200
        self.type = "bigint"
        self.statements: list[str] = []
        self.headers: dict[str, str] = {}

    def page(self, number: int) -> dict[str, Any]:
        uri = f"http://127.0.0.1:{self.server_port}/v1/statement/executing/q1/{number + 1}"
        page: dict[str, Any] = {"id": "q1", "infoUri": uri, "stats": {"state": "RUNNING"}}
        if number == 0:
            return {**page, "nextUri": uri}
        if self.error is not None:
            return {**page, "stats": {"state": "FAILED"}, "error": self.error}
        column = {"name": "value", "type": self.type, "typeSignature": _signature(self.type)}
        page |= {"columns": [column], "data": self.rows[number - 1 : number]}
        if number < len(self.rows):
            return {**page, "nextUri": uri}
        return {**page, "stats": {"state": "FINISHED"}}


def _signature(name: str) -> dict[str, Any]:
    """Of a type like timestamp(6) with time zone."""
    arguments = [{"kind": "LONG", "value": int(each)} for each in re.findall(r"\d+", name)]
    return {"rawType": re.sub(r"\(.*?\)", "", name), "arguments": arguments}


class _Handler(BaseHTTPRequestHandler):
    server: StatementServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.statements.append(body.decode())
        self.server.headers = {name.lower(): value for name, value in self.headers.items()}
        self._answer(0)

    def do_GET(self) -> None:
        self._answer(int(self.path.rsplit("/", 1)[1]))

    def do_DELETE(self) -> None:
        self.send_response(204)
        self.end_headers()

    def _answer(self, number: int) -> None:
        body = json.dumps(self.server.page(number)).encode() if self.server.status == 200 else b"no"
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@contextmanager
def statement_server() -> Iterator[tuple[StatementServer, TrinoEngine]]:
    with StatementServer() as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        engine = TrinoEngine.from_url(f"trino://quant@127.0.0.1:{server.server_port}/lake")
        try:
            yield server, engine
        finally:
            engine.close()
            server.shutdown()


def test_pages_are_followed_to_the_end() -> None:
    with statement_server() as (_, engine):
        answer = engine.query("SELECT value FROM gold.bars AS b")
        assert answer == (("value",), [(41,), (42,)])


def test_who_asks_and_where_travels_in_headers() -> None:
    with statement_server() as (server, engine):
        engine.query("SELECT 1")
    sent = {
        name: server.headers[f"x-trino-{name}"]
        for name in ("user", "catalog", "schema", "time-zone", "source")
    }
    assert sent == {
        "user": "quant",
        "catalog": "lake",
        "schema": "gold",
        "time-zone": "UTC",
        "source": "ticklake",
    }


def test_a_view_becomes_a_subquery_on_its_snapshot_and_the_rest_of_the_text_stays() -> None:
    sql = "SELECT count(*) FROM gold.features AS f JOIN gold.labels AS l ON f.ts_event = l.ts_event"
    view = View("EURUSD", date(2024, 1, 1), date(2024, 1, 9), 77)
    with statement_server() as (server, engine):
        engine.query(sql, {"features": view})
        engine.query(sql)
    pinned = (
        "SELECT count(*) FROM (SELECT * FROM gold.features FOR VERSION AS OF 77 WHERE symbol = 'EURUSD' "
        "AND trading_day BETWEEN DATE '2024-01-01' AND DATE '2024-01-09') AS f "
        "JOIN gold.labels AS l ON f.ts_event = l.ts_event"
    )
    assert server.statements == [pinned, sql]


def test_a_view_without_a_snapshot_is_as_of_now() -> None:
    with statement_server() as (server, engine):
        engine.query(
            "SELECT 1 FROM gold.bars AS b", {"bars": View("EURUSD", date(2024, 1, 1), date(2024, 1, 1))}
        )
    assert "FROM gold.bars WHERE symbol = 'EURUSD'" in server.statements[0]


def test_wrong_sql_is_an_error_of_the_data() -> None:
    with statement_server() as (server, engine):
        server.error = {
            "errorType": "USER_ERROR",
            "errorName": "COLUMN_NOT_FOUND",
            "message": "line 1:8: Column 'nothing' cannot be resolved",
        }
        with pytest.raises(DataError, match="Column 'nothing' cannot be resolved"):
            engine.query("SELECT nothing FROM gold.bars AS b")


@pytest.mark.parametrize(
    ("name", "message", "expected"),
    [
        ("CATALOG_NOT_FOUND", "line 1:15: Catalog 'lake' not found", "no catalog lake"),
        ("SCHEMA_NOT_FOUND", "line 1:15: Schema 'gold' does not exist", "no schema gold"),
    ],
)
def test_a_catalog_of_another_name_is_a_matter_of_configuration(
    name: str, message: str, expected: str
) -> None:
    with statement_server() as (server, engine):
        server.error = {"errorType": "USER_ERROR", "errorName": name, "message": message}
        with pytest.raises(SetupError, match=rf"Trino has {expected}\. Expected .*TICKLAKE_CATALOG_NAME"):
            engine.query("SELECT 1 FROM gold.bars AS b")


@pytest.mark.parametrize("kind", ["INTERNAL_ERROR", "INSUFFICIENT_RESOURCES", "EXTERNAL"])
def test_trouble_of_the_server_may_pass(kind: str) -> None:
    with statement_server() as (server, engine):
        server.error = {"errorType": kind, "errorName": "X", "message": "too busy"}
        with pytest.raises(TransientError, match="too busy"):
            engine.query("SELECT 1")


def test_a_refused_user_is_a_matter_of_configuration() -> None:
    with statement_server() as (server, engine):
        server.status = 401
        with pytest.raises(SetupError, match="Expected a valid user"):
            engine.query("SELECT 1")


def test_an_overloaded_server_may_recover() -> None:
    with statement_server() as (server, engine):
        server.status = 503
        with pytest.raises(TransientError, match="503"):
            engine.query("SELECT 1")


def test_no_server_is_transient() -> None:
    with statement_server() as (server, engine):
        server.shutdown()
        server.server_close()
        with pytest.raises(TransientError, match="Trino does not answer"):
            engine.query("SELECT 1")


def test_a_password_goes_over_https_only() -> None:
    engine = TrinoEngine.from_url("trino://quant:s%40fe@example.test/lake")
    connection = engine._connection
    assert (connection.http_scheme, connection.port, connection.auth._password) == ("https", 443, "s@fe")
    engine.close()


def test_parameters_are_sent_as_quoted_literals_of_a_prepared_statement() -> None:
    statement = Statement(
        "SELECT value FROM gold.bars AS b WHERE b.symbol = :symbol AND b.n > :n OR :n = '0'"
    )
    values = {"symbol": "it's; DROP TABLE gold.bars", "n": "5"}
    with statement_server() as (server, engine), engine.answer(statement, values) as answer:
        assert (answer.columns, list(answer.rows)) == (("value",), [(41,), (42,)])
    assert server.statements[-1].endswith("USING 'it''s; DROP TABLE gold.bars','5','5'")


def test_without_parameters_the_text_is_sent_as_it_is() -> None:
    with statement_server() as (server, engine), engine.answer(Statement("SELECT 1 ;"), {}) as answer:
        assert len(list(answer.rows)) == 2
    assert server.statements == ["SELECT 1  "]


@pytest.mark.parametrize(("text", "place"), [("SELECT 1", "line 3"), ("SELECT :n", "line 2")])
def test_an_error_is_one_line_with_its_place_in_the_text(text: str, place: str) -> None:
    """A text with parameters is sent with a line before it."""
    statement = Statement(text)
    with statement_server() as (server, engine):
        with engine.answer(statement, dict.fromkeys(statement.parameters, "1")):  # may the client prepare?
            pass
        server.error = {
            "errorType": "USER_ERROR",
            "errorName": "COLUMN_NOT_FOUND",
            "message": "line 3:8: Column 'nothing'\ncannot be resolved",
        }
        expected = f"Trino refuses the query at {place}, column 8: Column 'nothing' cannot be resolved"
        with (
            pytest.raises(DataError, match=f"^{expected}$"),
            engine.answer(statement, dict.fromkeys(statement.parameters, "1")),
        ):
            pass


def test_an_error_of_whoever_takes_the_rows_is_not_trinos() -> None:
    with (
        statement_server() as (_, engine),
        pytest.raises(BrokenPipeError),
        engine.answer(Statement("SELECT 1"), {}),
    ):
        raise BrokenPipeError


@pytest.mark.parametrize(
    ("kind", "value", "expected", "arrow"),
    [
        ("bigint", 41, 41, pa.int64()),
        ("integer", 41, 41, pa.int32()),
        ("double", 0.1, 0.1, pa.float64()),
        ("boolean", True, True, pa.bool_()),
        ("varchar(10)", "x", "x", pa.string()),
        ("date", "2024-01-02", date(2024, 1, 2), pa.date32()),
        ("decimal(4,2)", "1.50", Decimal("1.50"), pa.decimal128(4, 2)),
        (
            "timestamp(6) with time zone",
            "2024-01-02 03:04:05.000006 UTC",
            datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
            pa.timestamp("us", tz="UTC"),
        ),
        ("uuid", "12151fd2-7586-11e9-8f9e-2a86e4085a59", "12151fd2-7586-11e9-8f9e-2a86e4085a59", pa.string()),
    ],
)
def test_an_answer_as_arrow_has_the_types_that_trino_names(
    kind: str, value: object, expected: object, arrow: pa.DataType
) -> None:
    with statement_server() as (server, engine):
        server.type, server.rows = kind, [[value], [None]]
        with engine.batches(Statement("SELECT 1"), {}) as batches:
            rows = batches.read_all()
    assert rows.schema == pa.schema([("value", arrow)])
    assert rows["value"].to_pylist() == [expected, None]
