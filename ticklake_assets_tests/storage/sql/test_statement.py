from __future__ import annotations

import pytest

from ticklake_assets.core.errors import DataError
from ticklake_assets.storage.sql.statement import Statement


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "-- why\n/* and; how */ select 1 ; ;\n-- the end;",
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "(SELECT 1) UNION (SELECT 2)",
        "VALUES (1)",
        "DESCRIBE gold.bars",
        "EXPLAIN SELECT 1",
        "SELECT 'DROP; it''s' AS \"a;b\"",
    ],
)
def test_one_statement_that_reads_is_taken(text: str) -> None:
    assert ";" not in Statement(text).text.replace("'DROP;", "").replace("a;b", "").replace("and;", "")


@pytest.mark.parametrize("text", ["", "  -- nothing", "()", ";"])
def test_nothing_is_no_statement(text: str) -> None:
    with pytest.raises(DataError, match="Expected SELECT, WITH, VALUES, DESCRIBE, EXPLAIN first, was"):
        Statement(text)


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO gold.bars SELECT * FROM gold.bars",
        "/* SELECT */ DROP TABLE gold.bars",
        "-- a carriage return ends the comment, too\rDROP TABLE gold.bars /*\n SELECT 1 --*/",
        "ALTER TABLE gold.bars EXECUTE optimize",
        "CALL lake.system.unregister_table('gold', 'bars')",
        "EXECUTE IMMEDIATE 'DROP TABLE gold.bars'",
        "COPY gold.bars TO 'bars.csv'",
        "SET SESSION query_max_run_time = '1s'",
        "EXPLAIN ANALYZE DELETE FROM gold.bars",
        "explain /* */ analyze DELETE FROM gold.bars",
        "ATTACH 'x.db'",
    ],
)
def test_what_may_write_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(DataError, match="Only what reads is run") as refused:
        Statement(text)
    assert "\n" not in str(refused.value)


def test_two_statements_are_refused() -> None:
    with pytest.raises(DataError, match="Expected one statement"):
        Statement("SELECT 1; DROP TABLE gold.bars")


def test_parameters_are_found_where_they_are_parameters() -> None:
    text = "SELECT :a, ':b', \":c\", x::bigint, :d /* :e */ FROM t -- :f\nWHERE y = :a"
    assert Statement(text).parameters == ("a", "d", "a")


def test_places_keep_the_positions_of_everything_else() -> None:
    statement = Statement("SELECT :symbol, :n, nothing")
    assert statement.with_places(lambda _: "?") == "SELECT ?      , ? , nothing"
    assert statement.with_places("${}".format) == "SELECT $symbol, $n, nothing"


def test_each_parameter_wants_one_value() -> None:
    statement = Statement("SELECT :a, :b, :a")
    assert statement.chosen({"a": "1", "b": "2"}) == {"a": "1", "b": "2"}
    with pytest.raises(DataError, match=r"has a parameter :b\. Expected --param b=\.\.\., was none"):
        statement.chosen({"a": "1"})
    with pytest.raises(DataError, match=r"Unknown parameter 'c'\. Expected of the statement's :a, :b"):
        statement.chosen({"a": "1", "b": "2", "c": "3"})
