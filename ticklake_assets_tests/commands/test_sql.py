from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from ticklake_assets.cli import app
from ticklake_assets.resources.gold import Gold
from ticklake_assets.settings import Settings
from ticklake_assets_tests.storage.gold.builders import MONDAY, days_from, fill_gold

_BARS = "SELECT b.symbol, b.bar_end, b.tick_count, b.bid_open FROM gold.bars AS b ORDER BY b.bar_end"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A TICKLAKE_HOME whose gold has 2 open days of 25 bars."""
    home = tmp_path_factory.mktemp("home")
    with Gold.from_settings(Settings(home=home)).tables as gold:
        fill_gold(gold, days_from(MONDAY, 2))
    return home


def ask(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["sql", *arguments], env={"TICKLAKE_HOME": str(home)})


def test_a_pipe_gets_csv_with_every_row(home: Path) -> None:
    answer = ask(home, _BARS)
    assert answer.exit_code == 0, answer.output
    rows = list(csv.reader(io.StringIO(answer.stdout)))
    assert len(rows) == 51
    assert rows[:2] == [
        ["symbol", "bar_end", "tick_count", "bid_open"],
        ["EURUSD", "2024-01-01T00:01:00.000000Z", "1000", "1.1"],
    ]


def test_json_is_one_array_of_objects(home: Path) -> None:
    rows = json.loads(ask(home, _BARS, "--format", "json", "--limit", "2").stdout)
    assert rows[1] == {
        "symbol": "EURUSD",
        "bar_end": "2024-01-01T00:02:00.000000Z",
        "tick_count": 1000,
        "bid_open": 1.1,
    }
    assert len(rows) == 2
    assert json.loads(ask(home, f"SELECT * FROM ({_BARS}) AS b WHERE false", "--format", "json").stdout) == []


def test_what_is_missing_true_or_not_a_number(home: Path) -> None:
    sql = "SELECT CAST('NaN' AS double) AS a, NULL AS b, true AS c, 1.50 AS d, DATE '2024-01-02' AS e"
    assert ask(home, sql).stdout == "a,b,c,d,e\nnan,,true,1.50,2024-01-02\n"
    assert json.loads(ask(home, sql, "--format", "json").stdout) == [
        {"a": None, "b": None, "c": True, "d": "1.50", "e": "2024-01-02"}
    ]


def test_a_table_shows_the_first_rows_and_says_that_there_are_more(home: Path) -> None:
    answer = ask(home, _BARS, "--format", "table", "--limit", "3").stdout
    assert answer.count("EURUSD") == 3
    assert "3 rows, and there are more: --limit, or --format csv" in answer
    whole = ask(home, _BARS, "--format", "table").stdout
    assert whole.splitlines()[-1] == "50 rows"
    many = f"SELECT * FROM ({_BARS}) AS a CROSS JOIN (VALUES (1), (2), (3)) AS t (n)"
    assert "100 rows, and there are more" in ask(home, many, "--format", "table").stdout


def test_a_wide_table_is_not_cut(home: Path) -> None:
    answer = ask(home, "SELECT * FROM gold.features AS f", "--format", "table", "--limit", "1")
    assert "…" not in answer.stdout
    assert "2024-01-01T00:15:00.000000Z" in answer.stdout


def test_a_table_shows_text_as_it_is(home: Path) -> None:
    answer = ask(home, "SELECT '[red]:bug:[/]' AS \"[b]\"", "--format", "table")
    assert "[red]:bug:[/]" in answer.stdout
    assert "[b]" in answer.stdout


def test_a_query_of_the_library_runs_with_its_defaults_and_parameters(home: Path) -> None:
    answer = ask(home, "--file", "bars", "--param", "symbol=EURUSD", "--param", "minutes=10")
    rows = list(csv.DictReader(io.StringIO(answer.stdout)))
    assert [row["tick_count"] for row in rows] == ["10000", "10000", "5000"] * 2


def test_the_library_is_listed(home: Path) -> None:
    answer = ask(home, "--list")
    assert answer.exit_code == 0
    for name in (
        "bars",
        "gaps",
        "label_balance",
        "labels_as_of_bars",
        "spreads_by_hour",
        "volatility_signature",
    ):
        assert name in answer.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Expected one of a statement, --file NAME or --list"),
        (["SELECT 1", "--file", "bars"], "Expected one of a statement, --file NAME or --list"),
        (["SELECT 1", "--format", "xml"], "Expected --format table, csv, json, parquet, arrow; was 'xml'"),
        (["SELECT 1", "--param", "x"], "Expected --param name=value, was 'x'"),
        (["SELECT 1", "--param", "x=1"], "Unknown parameter 'x'. Expected of the statement's none"),
        (["--file", "bars"], "The statement has a parameter :symbol. Expected --param symbol=..., was none"),
        (["--file", "barz"], "Expected an SQL file or one of bars, gaps"),
        (["SELECT 1", "--format", "parquet"], "Expected --out FILE.parquet; was neither"),
        (["SELECT 1", "--format", "csv", "--out", "a.csv"], "Expected --out with parquet or arrow, was csv"),
        (["SELECT 1", "--out", "a.xlsx"], "Expected a file that ends in .csv, .parquet, .arrow, was a.xlsx"),
        (
            ["SELECT 1", "--format", "arrow", "--out", "a.parquet"],
            "Expected --out FILE.arrow with --format arrow",
        ),
        (["DROP TABLE gold.bars"], "Only what reads is run."),
        (["SELECT 1 +"], "DuckDB refuses the query at line 1, column 10"),
        (["SELECT x FROM gold.bars AS b"], "DuckDB refuses the query at line 1, column 8"),
        (["SELECT 1 FROM gold.trades AS t"], "DuckDB refuses the query at line 1, column 15"),
    ],
)
def test_what_is_wrong_is_one_line(home: Path, arguments: list[str], said: str) -> None:
    answer = ask(home, *arguments)
    assert answer.exit_code == 1
    assert answer.stderr.startswith(f"ticklake: {said}")
    assert (answer.stdout, answer.stderr.count("\n")) == ("", 1)


@pytest.mark.parametrize("form", ["csv", "arrow"])
def test_a_reader_who_has_seen_enough_ends_it_quietly(home: Path, form: str) -> None:
    many = "SELECT n FROM range(100000000) AS r (n)"
    command = [sys.executable, "-m", "ticklake_assets.cli", "sql", many, "--format", form]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TICKLAKE_HOME": str(home)},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(2) == {"csv": b"n\n", "arrow": b"\xff\xff"}[form]
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_a_file_has_every_row_with_its_type(home: Path, tmp_path: Path, form: str) -> None:
    out = tmp_path / f"bars.{form}"
    answer = ask(home, _BARS, "--out", str(out))
    assert (answer.exit_code, answer.output) == (0, "")
    rows = pq.read_table(out) if form == "parquet" else pa.ipc.open_file(out).read_all()
    assert (rows.num_rows, rows.schema.field("bar_end").type) == (50, pa.timestamp("us", tz="UTC"))
    assert ask(home, _BARS, "--out", str(out), "--limit", "3", "--format", form).exit_code == 0
    assert (pq.read_table(out) if form == "parquet" else pa.ipc.open_file(out).read_all()) == rows.slice(0, 3)


def test_a_pipe_gets_arrow_as_a_stream(home: Path) -> None:
    answer = ask(home, _BARS, "--format", "arrow", "--limit", "7")
    assert pa.ipc.open_stream(answer.stdout_bytes).read_all().num_rows == 7


def test_a_file_appears_whole_or_not_at_all(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "bars.parquet"
    out.write_bytes(b"of yesterday")
    failing = "SELECT CAST(CASE WHEN n = 90000 THEN 'x' ELSE '1' END AS int) AS a FROM range(100000) AS r (n)"
    answer = ask(home, failing, "--out", str(out))
    assert answer.exit_code == 1
    assert answer.stderr.startswith(
        "ticklake: DuckDB refuses the query at line 1, column 8: Could not convert"
    )
    assert (out.read_bytes(), list(tmp_path.iterdir())) == (b"of yesterday", [out])
