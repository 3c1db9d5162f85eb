from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ticklake_assets.core.errors import SourceError
from ticklake_assets.sources.csv_dialects import Dialect
from ticklake_assets.sources.csv_rows import CsvText, parse_rows
from ticklake_assets.sources.dialect_files import built_in
from ticklake_assets.sources.source import TICK_SCHEMA
from ticklake_assets_tests.sources.builders import Row, rows_of

_NAMED_DAY = date(2014, 5, 1)
_BY_NAME = {dialect.name: dialect for dialect in built_in()}


def _rows(name: str | Dialect, *lines: str, end: str = "\n") -> list[Row]:
    dialect = _BY_NAME[name] if isinstance(name, str) else name
    text = CsvText("".join(line + end for line in lines).encode(), "here", 1, _NAMED_DAY, "EURUSD")
    table = parse_rows(text, dialect, {}).table
    assert table.schema == TICK_SCHEMA
    return rows_of(table)


def _us(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1e6)


_LINES = [
    ("ticklake", "2012-12-03T00:00:01.883Z,132.141,132.158,1.13,1.5"),
    ("2012-12-03 00:00:01.883", 132.141, 132.158, 1.13, 1.5),
    ("dukascopy", "01.05.2012 00:00:01.680,80.928,80.911,2.33,1.58"),
    ("2012-05-01 00:00:01.680", 80.911, 80.928, 1.58, 2.33),
    ("dukascopy-gmt", "01.07.2019 13:30:03.304,203.14900000000003,203.107,0.0002,0.0001"),
    ("2019-07-01 13:30:03.304", 203.107, 203.14900000000003, 0.0001, 0.0002),
    ("dukascopy-local", "01.12.2017 00:00:00.192 GMT+0100,1.2,1.1,4,3"),
    ("2017-11-30 23:00:00.192", 1.1, 1.2, 3.0, 4.0),
    ("dukascopy-local", "01.07.2017 00:00:00.192 GMT-0430,1.2,1.1,4,3"),
    ("2017-07-01 04:30:00.192", 1.1, 1.2, 3.0, 4.0),
    ("dukascopy-eet", "2019.02.04 00:00:00.994,1.2,1.1,4,3"),
    ("2019-02-03 22:00:00.994", 1.1, 1.2, 3.0, 4.0),
    ("dukascopy-eet", "2019.07.04 00:00:00.994,1.2,1.1,4,3"),
    ("2019-07-03 21:00:00.994", 1.1, 1.2, 3.0, 4.0),
    ("dukascopy-node", "1549238400994,1.2,1.1,4,3"),
    ("2019-02-04 00:00:00.994", 1.1, 1.2, 3.0, 4.0),
    ("bid-first", "2010-01-01T00:00:03.964000Z,1.43283,1.43293,2300000,3000000"),
    ("2010-01-01 00:00:03.964", 1.43283, 1.43293, 2.3, 3.0),
    ("mt5", "2022.11.10\t15:00:00.017\t0.86682\t0.86712\t\t\t6"),
    ("2022-11-10 13:00:00.017", 0.86682, 0.86712, None, None),
    ("mt5", "2022.07.11\t15:00:00.017\t0.86682\t0.86712\t\t\t6"),
    ("2022-07-11 12:00:00.017", 0.86682, 0.86712, None, None),
    ("dukascopy-utc", "2019.02.04 00:00:00.994,1.2,1.1,4,3"),
    ("2019-02-04 00:00:00.994", 1.1, 1.2, 3.0, 4.0),
    ("dukascopy-node-prices", "1549238400994,1.2,1.1"),
    ("2019-02-04 00:00:00.994", 1.1, 1.2, None, None),
    ("go-duka", "2017-01-01 22:00:20.786,1.05236,1.05148,0.75,1.50"),
    ("2017-01-01 22:00:20.786", 1.05148, 1.05236, 1.5, 0.75),
    ("go-duka-headerless", "2017-01-01 22:00:20.786,1.05236,1.05148,0.75,1.50"),
    ("2017-01-01 22:00:20.786", 1.05148, 1.05236, 1.5, 0.75),
    ("timestamp-bid-ask", "1549238400994,1.1,1.2"),
    ("2019-02-04 00:00:00.994", 1.1, 1.2, None, None),
    ("histdata", "20120201 000003678,1.306600,1.306770,0"),
    ("2012-02-01 05:00:03.678", 1.3066, 1.30677, None, None),
    ("histdata", "20120701 000003678,1.306600,1.306770,0"),
    ("2012-07-01 05:00:03.678", 1.3066, 1.30677, None, None),
    ("truefx", "EUR/USD,20140501 21:00:00.123,1.38,1.39"),
    ("2014-05-01 21:00:00.123", 1.38, 1.39, None, None),
    ("lean", "292,1.38676,1.38686"),
    ("2014-05-01 00:00:00.292", 1.38676, 1.38686, None, None),
    ("lean-sized", "86399999,435.1,0.5,435.2,12.25"),
    ("2014-05-01 23:59:59.999", 435.1, 435.2, 5e-7, 1.225e-5),
]
"""A dialect's line, then the row that it means."""


@pytest.mark.parametrize(("line", "row"), list(zip(_LINES[::2], _LINES[1::2], strict=True)))
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_of_each_dialect(line: tuple[str, str], row: tuple[Any, ...], end: str) -> None:
    assert _rows(*line, end=end) == [(_us(row[0]), *row[1:])]


def test_every_dialect_has_a_line() -> None:
    assert {line[0] for line in _LINES[::2]} == set(_BY_NAME)


def test_the_server_clock_changes_with_new_york() -> None:
    # New York sets its clock back on 2022-11-06, Athens already on 2022-10-30: a server that closes its day
    # with New York is at UTC+3 between the two.
    [row] = _rows("mt5", "2022.11.01\t15:00:00.000\t1\t2\t\t\t6")
    assert row[0] == _us("2022-11-01 12:00:00")
    [row] = _rows(_BY_NAME["mt5"].in_zone("Europe/Athens"), "2022.11.01\t15:00:00.000\t1\t2\t\t\t6")
    assert row[0] == _us("2022-11-01 13:00:00")


def test_mt5_empty_prices_are_unchanged() -> None:
    lines = [
        "2022.11.10\t15:00:00.000\t\t0.5\t\t\t6",
        "2022.11.10\t15:00:01.000\t0.4\t\t\t\t6",
        "2022.11.10\t15:00:02.000\t\t0.6\t\t\t6",
    ]
    assert [row[1:3] for row in _rows("mt5", *lines)] == [(None, 0.5), (0.4, 0.5), (0.4, 0.6)]
    carried = parse_rows(CsvText(lines[0].encode(), "x", 1), _BY_NAME["mt5"], {"bid": 0.3, "ask": 0.9}).table
    assert rows_of(carried)[0][1:3] == (0.3, 0.5)


def test_missing_and_non_finite_fields_are_data() -> None:
    rows = _rows("ticklake", ",1,2,,", "2012-12-03T00:00:01Z,,nan,inf,-inf")
    assert rows[0] == (None, 1.0, 2.0, None, None)
    assert rows[1][:2] == (_us("2012-12-03 00:00:01"), None)
    assert math.isnan(rows[1][2] or 0)
    assert rows[1][3:] == (math.inf, -math.inf)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2012-12-03T00:00:01Z,abc,2,3,4", "here: row 42, column bid. Expected a number, was 'abc'"),
        ("2012-12-03T00:00:01Z,1,2,3,1.2.3", "here: row 42, column ask_size. Expected a number, was '1.2.3'"),
        (
            "yesterday,1,2,3,4",
            "here: row 42, column time. Expected a time from 1990 to 2199 as .*, was 'yesterday'",
        ),
        ("2012-02-31T00:00:01Z,1,2,3,4", "here: row 42, column time. Expected a time from"),
        (
            "2012-12-03T00:00:01Z,1,2,3",
            "here: row 42. Expected 5 fields, was 4: '2012-12-03T00:00:01Z,1,2,3'",
        ),
        ("2012-12-03T00:00:01Z,1,2,3,4,5", "here: row 42. Expected 5 fields, was 6"),
        ("2012-12-03T00:00:01Z,1,2,3,\udcff", "here: row 42, column ask_size. Expected UTF-8 text"),
    ],
)
def test_a_bad_line_is_named(line: str, message: str) -> None:
    good = "2012-12-03T00:00:00Z,1,2,3,4"
    text = CsvText("\n".join([good, line, good]).encode(errors="surrogateescape"), "here", 41)
    with pytest.raises(SourceError, match=message):
        parse_rows(text, _BY_NAME["ticklake"], {})


@pytest.mark.parametrize(
    ("dialect", "time"),
    [
        ("dukascopy-node", "1705312800"),
        ("dukascopy-node", "1705312800000000"),
        ("dukascopy-node", "1705312800000000000"),
        ("dukascopy-node", "-1"),
        ("dukascopy-eet", "9999.12.31 23:59:59.000"),
        ("dukascopy-eet", "0001.01.01 00:00:00.000"),
        ("dukascopy-gmt", "01.01.2200 00:00:00.000"),
        ("ticklake", "1989-12-31T23:59:59.999Z"),
    ],
)
def test_a_time_of_no_year_with_ticks_is_none(dialect: str, time: str) -> None:
    with pytest.raises(SourceError, match=f"here: row 1, column time. Expected a time .*, was '{time}'"):
        _rows(dialect, f"{time},2,1,1,1")


def test_rows_in_the_doubtful_hours_are_counted() -> None:
    lines = [
        "2019.10.27 03:50:00.000,2,1,1,1",
        "2019.10.27 03:10:00.000,2,1,1,1",
        "2019.03.31 03:30:00.000,2,1,1,1",
    ]
    parsed = parse_rows(CsvText("\n".join(lines).encode(), "x", 1), _BY_NAME["dukascopy-eet"], {})
    assert (parsed.times.ambiguous_rows, parsed.times.nonexistent_rows) == (2, 1)
    assert [row[0] for row in rows_of(parsed.table)][:2] == [
        _us("2019-10-27 00:50:00"),
        _us("2019-10-27 01:10:00"),
    ]


@pytest.mark.parametrize("text", [b"", b"\n", b"\r\n\r\n"])
def test_no_rows_are_an_empty_table(text: bytes) -> None:
    assert parse_rows(CsvText(text, "x", 1), _BY_NAME["mt5"], {}).table.equals(TICK_SCHEMA.empty_table())


def test_prices_and_sizes_are_scaled_and_may_have_a_comma() -> None:
    mine = Dialect(
        name="mine",
        about="mine",
        columns=("symbol", "time", "bid", "ask", "bid_size"),
        times=("epoch microseconds",),
        delimiter=";",
        decimal=",",
        size_unit=100_000,
        price_scale=100_000,
    )
    assert _rows(mine, "eurusd;1549238400994001;138676,5;138686;2,5") == [
        (_us("2019-02-04 00:00:00.994001"), 1.386765, 1.38686, 0.25, None)
    ]


def test_a_row_of_another_symbol_is_refused() -> None:
    lines = [f"{symbol},20140501 21:00:00.123,1.38,1.39" for symbol in ("EUR/USD", "GBP/USD")]
    with pytest.raises(SourceError, match=r"here: row 2, column symbol. Expected EURUSD, was 'GBP/USD'"):
        _rows("truefx", *lines)
    with pytest.raises(SourceError, match=r"here: row 1, column symbol. Expected EURUSD, was None"):
        _rows("truefx", ",20140501 21:00:00.123,1.38,1.39")


@pytest.mark.parametrize("time", ["-1", "86400000", "12.5"])
def test_a_time_since_midnight_is_of_its_day(time: str) -> None:
    with pytest.raises(
        SourceError, match=f"Expected 0 to 86399999 milliseconds since midnight, was '{time}'"
    ):
        _rows("lean", f"{time},1,2")
    with pytest.raises(SourceError, match="Expected a file that is named for its one day, was '292'"):
        parse_rows(CsvText(b"292,1,2", "here", 1), _BY_NAME["lean"], {})
