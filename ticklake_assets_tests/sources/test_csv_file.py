from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ticklake_assets.core.errors import SourceError
from ticklake_assets.core.schemas import CSV_HEADER
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.csv_file import CsvFile
from ticklake_assets.sources.dialect_files import built_in
from ticklake_assets.sources.source import notes_in
from ticklake_assets_tests.sources.builders import rows_of

_DUKASCOPY = "Time,Ask,Bid,AskVolume,BidVolume"
_NODE = "timestamp,askPrice,bidPrice,askVolume,bidVolume"
_MT5 = "<DATE>\t<TIME>\t<BID>\t<ASK>\t<LAST>\t<VOLUME>\t<FLAGS>"


def _file(folder: Path, *lines: str, end: str = "\n") -> Path:
    path = folder / "export.csv"
    path.write_bytes("".join(line + end for line in lines).encode())
    return path


def _day(number: int) -> SymbolDay:
    return SymbolDay("GBPJPY", date(2012, 5, number))


def _line(day: int, second: int, ask: float) -> str:
    return f"{day:02}.05.2012 10:00:{second:02}.000,{ask},1,1,1"


@pytest.mark.parametrize("block_bytes", [1, 60, 200, 8 << 20])
def test_a_day_is_found_whatever_the_blocks(tmp_path: Path, block_bytes: int) -> None:
    lines = [_line(day, second, day * 100 + second) for day in (1, 2, 4) for second in range(10)]
    late = _line(1, 30, 999)  # a late row of the first day, among the last day's
    path = _file(tmp_path, _DUKASCOPY, *lines[:-1], late, lines[-1])
    file = CsvFile(path, block_bytes=block_bytes)
    assert file.days() == [date(2012, 5, day) for day in (1, 2, 4)]
    assert [row[2] for row in rows_of(file.rows_of(_day(1)))] == [*(100.0 + s for s in range(10)), 999.0]
    assert [row[2] for row in rows_of(file.rows_of(_day(4)))] == [400.0 + s for s in range(10)]
    assert file.rows_of(_day(3)).num_rows == 0
    assert file.rows().num_rows == 31


@pytest.mark.parametrize("block_bytes", [1, 8 << 20])
def test_rows_without_a_time_stay_with_the_row_before(tmp_path: Path, block_bytes: int) -> None:
    path = _file(tmp_path, _DUKASCOPY, ",9,1,1,1", _line(1, 1, 1), _line(1, 2, 2), ",3,1,1,1", _line(2, 1, 4))
    file = CsvFile(path, block_bytes=block_bytes)
    assert [row[2] for row in rows_of(file.rows_of(_day(1)))] == [9.0, 1.0, 2.0, 3.0]
    assert file.rows_by_day() == {date(2012, 5, 1): 4, date(2012, 5, 2): 1}


@pytest.mark.parametrize("block_bytes", [1, 70, 8 << 20])
def test_mt5_prices_are_carried_across_blocks(tmp_path: Path, block_bytes: int) -> None:
    path = _file(
        tmp_path,
        _MT5,
        "2012.05.01\t10:00:00.000\t0.5\t0.6\t\t\t6",
        "2012.05.02\t10:00:00.000\t\t0.7\t\t\t4",
        "2012.05.03\t10:00:00.000\t0.4\t\t\t\t2",
        end="\r\n",
    )
    file = CsvFile(path, block_bytes=block_bytes)
    assert [rows_of(file.rows_of(_day(day)))[0][1:3] for day in (1, 2, 3)] == [
        (0.5, 0.6),
        (0.5, 0.7),
        (0.4, 0.7),
    ]


def test_a_bad_row_is_named_by_its_number_in_the_file(tmp_path: Path) -> None:
    bad = _line(2, 1, 1).replace(",1,1,1", ",x,1,1")
    file = CsvFile(_file(tmp_path, _DUKASCOPY, _line(1, 1, 1), _line(1, 2, 1), bad), block_bytes=1)
    assert file.rows_of(_day(1)).num_rows == 2
    with pytest.raises(SourceError, match=r"export.csv: row 3, column ask. Expected a number, was 'x'"):
        file.rows_of(_day(2))


@pytest.mark.parametrize("block_bytes", [1, 8 << 20])
def test_doubtful_hours_are_settled_across_blocks_and_explained(tmp_path: Path, block_bytes: int) -> None:
    header = "Time (EET),Ask,Bid,AskVolume,BidVolume "
    walls = ["2012.03.25 03:30:00.000", "2012.10.28 03:50:00.000", "2012.10.28 03:10:00.000"]
    path = _file(tmp_path, header, *(f"{wall},2,1,1,1" for wall in walls))
    file = CsvFile(path, block_bytes=block_bytes)
    spring, autumn = SymbolDay("BTCUSD", date(2012, 3, 25)), SymbolDay("BTCUSD", date(2012, 10, 28))
    minutes = [(row[0] or 0) - autumn.start_us for row in rows_of(file.rows_of(autumn))]
    assert [minute // 60_000_000 for minute in minutes] == [50, 70]
    assert file.rows_of(spring).num_rows == 1
    assert "2 rows are in the hour that occurs twice in Europe/Athens" in str(notes_in(file.rows_of(autumn)))
    assert "1 rows are in an hour that Europe/Athens skips" in str(notes_in(file.rows_of(spring)))


def test_digits_below_the_microsecond_are_cut_and_counted(tmp_path: Path) -> None:
    times = ["00.1000001Z", "00.1000009Z", "00.1000010Z", "00.10000100Z", "00.123456789Z", "00.5Z"]
    path = _file(
        tmp_path, "Time,Bid,Ask,BidVolume,AskVolume", *(f"2012-05-01T10:00:{t},1,2,1,1" for t in times)
    )
    rows = CsvFile(path).rows_of(_day(1))
    assert [(row[0] or 0) % 1_000_000 for row in rows_of(rows)] == [
        100_000,
        100_000,
        100_001,
        100_001,
        123_456,
        500_000,
    ]
    assert notes_in(rows) == [f"{path}: 3 rows have digits below the microsecond, which were cut"]


def test_a_landing_file_with_digits_below_the_microsecond_is_refused_as_by_raw_ingest(tmp_path: Path) -> None:
    lines = ("2012-05-01T10:00:00.123456Z,1,2,1,1", "2012-05-01T10:00:00.1234567Z,1,2,1,1")
    file = CsvFile(_file(tmp_path, CSV_HEADER, *lines))
    with pytest.raises(
        SourceError,
        match=r"row 2, column time. Expected a time .* at most 6 digits of a second, was '2012-05-01T10:.*67Z'",
    ):
        file.rows()


def test_the_trades_of_a_terminals_export_are_no_quotes(tmp_path: Path) -> None:
    """Flags: 2 and 4 are a new bid and ask, 8, 16, 32, 64 and above speak of trades."""
    rows = {"6": "0.5\t0.6", "2": "0.4\t", "88": "\t", "24": "\t", "4": "\t0.7", "92": "\t0.8"}
    lines = (
        f"2012.05.02\t10:00:0{at}.000\t{quote}\t0.55\t3\t{flags}"
        for at, (flags, quote) in enumerate(rows.items())
    )
    path = _file(tmp_path, _MT5, *lines)
    found = CsvFile(path, zone="UTC").rows_of(_day(2))
    assert [row[1:3] for row in rows_of(found)] == [(0.5, 0.6), (0.4, 0.6), (0.4, 0.7), (0.4, 0.8)]
    assert notes_in(found) == [f"{path}: 2 rows are trades and no quotes by their flags; they were left out"]


def test_a_zone_can_be_given(tmp_path: Path) -> None:
    line = "2012.05.02\t01:00:00.000\t0.5\t0.6\t\t\t6"
    assert CsvFile(_file(tmp_path, _MT5, line)).days() == [date(2012, 5, 1)]
    assert CsvFile(_file(tmp_path, _MT5, line), zone="UTC").days() == [date(2012, 5, 2)]


@pytest.mark.parametrize("text", ["", "\n"])
def test_a_file_without_a_header_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "empty.csv"
    path.write_text(text)
    with pytest.raises(SourceError, match=r"empty.csv: Expected a CSV header, was empty"):
        CsvFile(path)


@pytest.mark.parametrize("block_bytes", [1, 8 << 20])
def test_a_file_without_any_time_is_refused(tmp_path: Path, block_bytes: int) -> None:
    timeless = CsvFile(_file(tmp_path, _DUKASCOPY, ",2,1,1,1", ",2,1,1,1"), block_bytes=block_bytes)
    with pytest.raises(SourceError, match=r"export.csv: Expected rows with a time, was 2 rows without"):
        timeless.days()
    micros = CsvFile(_file(tmp_path, _NODE, ",2,1,1,1", "1335866400000000,2,1,1,1"), block_bytes=block_bytes)
    with pytest.raises(SourceError, match=r"export.csv: row 2, column time. .*, was '1335866400000000'"):
        micros.days()


def test_a_file_with_a_header_alone_has_no_day(tmp_path: Path) -> None:
    assert CsvFile(_file(tmp_path, _DUKASCOPY, "")).days() == []


@pytest.mark.parametrize("rows", [10, 3_000])
def test_the_days_at_the_ends_are_found_without_the_rows_between(tmp_path: Path, rows: int) -> None:
    middle = [_line(day, second % 60, 1.25) for day in (1, 3) for second in range(rows)]
    file = CsvFile(_file(tmp_path, _DUKASCOPY, *middle[:rows], "no row", *middle[rows:]))
    if rows == 10:  # small: all of it is read
        with pytest.raises(SourceError, match=r"row 11. Expected 5 fields, was 1: 'no row'"):
            file.edge_days()
    else:
        assert file.edge_days() == [date(2012, 5, 1), date(2012, 5, 3)]


def test_a_line_without_end_is_no_header(tmp_path: Path) -> None:
    path = tmp_path / "binary.csv"
    path.write_bytes(b"\xff" * (1 << 20))
    with pytest.raises(SourceError, match="unknown CSV header"):
        CsvFile(path)


def test_a_line_has_a_bound(tmp_path: Path) -> None:
    path = _file(tmp_path, _DUKASCOPY, _line(1, 1, 1), "9" * 100_000)
    with pytest.raises(SourceError, match=r"export.csv: Expected lines of at most 64 KiB, was a longer one"):
        CsvFile(path, block_bytes=1).days()


def test_a_days_rows_have_a_bound(tmp_path: Path) -> None:
    path = _file(tmp_path, _DUKASCOPY, *(_line(day, 1, 1) for day in (1, 2, 1, 2, 1, 2)))
    file = CsvFile(path, block_bytes=1, most_day_bytes=90)
    assert file.days() == [date(2012, 5, 1), date(2012, 5, 2)]
    said = r"export.csv: a day's rows lie in {} bytes of it. Expected at most 90: sort the file by its times"
    with pytest.raises(SourceError, match=said.format(96)):
        file.rows_of(_day(1))
    with pytest.raises(SourceError, match=said.format(192)):
        file.rows()


def test_rows_without_a_header_begin_with_the_first(tmp_path: Path) -> None:
    lines = [f"20120501 1000000{number:02},1.{number:05},1.4,0" for number in range(20)]
    for mark in ("", "\ufeff"):
        path = tmp_path / "EURUSD.csv"
        path.write_text(mark + "\n".join(lines))
        file = CsvFile(path, block_bytes=50)
        assert file.rows_by_day() == {date(2012, 5, 1): 20}
        assert [row[1] for row in rows_of(file.rows_of(_day(1)))] == [
            float(f"1.{number:05}") for number in range(20)
        ]
        assert file.rows().num_rows == 20
    path.write_text("\n".join([*lines, "20120501 100000020,x,1.4,0"]))
    with pytest.raises(SourceError, match=r"EURUSD.csv: row 21, column bid. Expected a number, was 'x'"):
        CsvFile(path).rows_of(_day(1))


def test_repeats_stay_unless_they_are_declared(tmp_path: Path) -> None:
    rows = ["1,2,1,1", "1,2,1,1", "1,2,,1", "1,2,,1", "1,3,,1", "1,2,1,1"]
    path = _file(tmp_path, _DUKASCOPY, *(f"01.05.2012 10:00:00.000,{row}" for row in rows))
    assert CsvFile(path).rows_of(_day(1)).num_rows == 6
    declared = tuple(dialect.model_copy(update={"drop_repeats": True}) for dialect in built_in())
    found = CsvFile(path, "dukascopy", dialects=declared).rows_of(_day(1))
    assert [row[1:4] for row in rows_of(found)] == [
        (2.0, 1.0, 1.0),
        (2.0, 1.0, 1.0),
        (3.0, 1.0, 1.0),
        (2.0, 1.0, 1.0),
    ]
    assert notes_in(found) == [f"{path}: 2 rows repeat the quote before; they were left out, as declared"]
