from __future__ import annotations

from datetime import date
from math import inf, isnan
from pathlib import Path

import pytest

from mt5_bridge.errors import FeedError
from mt5_bridge.ticks.csv_feed import read_day, read_ticks

_HEADER = "ts_event,bid,ask,bid_size,ask_size\n"


def _csv(folder: Path, *rows: str) -> Path:
    path = folder / "day.csv"
    path.write_bytes((_HEADER + "".join(row + "\n" for row in rows)).encode())
    return path


def test_ticks_come_in_time_order_and_rows_without_a_time_last(tmp_path: Path) -> None:
    path = _csv(
        tmp_path,
        "1970-01-01T00:00:02.000Z,1.1,1.2,3,4",
        ",1.0,1.0,1,1",
        "1970-01-01T00:00:01.000001Z,1.3,,5,",
        "1970-01-01T00:00:02.000Z,1.4,1.5,6,7",
    )
    ticks = read_ticks(path)
    assert [(tick.seq, tick.ts_us, tick.bid) for tick in ticks] == [
        (1, 1_000_001, 1.3),
        (2, 2_000_000, 1.1),
        (3, 2_000_000, 1.4),
        (4, None, 1.0),
    ]
    assert ticks[0].ask is None
    assert ticks[0].ask_size is None


def test_numbers_that_are_not_finite_are_ticks_too(tmp_path: Path) -> None:
    (tick,) = read_ticks(_csv(tmp_path, "1970-01-01T00:00:01.000Z,nan,inf,-inf,1"))
    assert isnan(tick.bid or 0.0)
    assert (tick.ask, tick.bid_size) == (inf, -inf)


def test_a_closed_day_has_no_ticks(tmp_path: Path) -> None:
    assert read_ticks(_csv(tmp_path)) == []


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("1970-01-01T00:00:01.000Z,x,1,1,1", "day.csv, row 2, column bid: Expected a number, was 'x'"),
        ("yesterday,1,1,1,1", "day.csv, row 2, column ts_event: Expected a UTC time"),
        ("1970-01-01T00:00:01.000,1,1,1,1", "row 2, column ts_event: Expected a UTC time"),
        ("1970-01-01T00:00:01.000Z,1,1", "row 2: Expected 5 fields, was 3"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, row: str, complaint: str) -> None:
    with pytest.raises(FeedError, match=complaint):
        read_ticks(_csv(tmp_path, "1970-01-01T00:00:01.000Z,1,1,1,1", row))


def test_a_byte_order_mark_and_windows_line_ends_are_allowed_as_in_the_lake(tmp_path: Path) -> None:
    path = _csv(tmp_path, "1970-01-01T00:00:01.000Z,1.1,1.2,3,4")
    plain = read_ticks(path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_ticks(path) == plain


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    path = _csv(tmp_path, "1970-01-01T00:00:01.000Z,1,1,1,1")
    path.write_bytes(path.read_bytes() + b"1970-01-01T00:00:02.000Z,1,1,1,\xff\n")
    with pytest.raises(FeedError, match=r"day.csv, row 2: Expected UTF-8 text, was the byte 0xff"):
        read_ticks(path)


def test_a_field_without_an_end_is_named(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match=r"day.csv, row 1: Expected 5 short fields"):
        read_ticks(_csv(tmp_path, "1" * 200_000))


def test_a_quotation_mark_does_not_swallow_the_rows_behind_it(tmp_path: Path) -> None:
    rows = ['"1970-01-01T00:00:01.000Z,1,1,1,1', '1970-01-01T00:00:02.000Z,1,1,1,1"']
    with pytest.raises(FeedError, match="row 1, column ts_event"):
        read_ticks(_csv(tmp_path, *rows))


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match=r"gone.csv cannot be read \(No such file or directory\)"):
        read_ticks(tmp_path / "gone.csv")


def test_a_file_of_another_day_is_refused_as_the_lake_refuses_it(tmp_path: Path) -> None:
    own, other, none = (f"{time},1,1,1,1" for time in ("1970-01-01T00:00:01Z", "1970-01-02T00:00:01Z", ""))
    day = date(1970, 1, 1)
    assert len(read_day(_csv(tmp_path, own, other), day)) == 2
    assert len(read_day(_csv(tmp_path, none, none, other), day)) == 3
    assert read_day(_csv(tmp_path), day) == []
    complaint = "holds another day's rows. Expected 3 rows of 1970-01-01, was 1; the others are of 1970-01-02"
    with pytest.raises(FeedError, match=complaint):
        read_day(_csv(tmp_path, own, other, other), day)


def test_another_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_bytes(b"Time,Ask,Bid\n")
    with pytest.raises(FeedError, match=r"Expected the header ts_event,bid,.*, was \['Time'"):
        read_ticks(path)
