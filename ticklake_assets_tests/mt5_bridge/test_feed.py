from __future__ import annotations

from math import inf, isnan
from pathlib import Path

import pytest

from mt5_bridge.errors import FeedError
from mt5_bridge.feed import read_ticks

_HEADER = "ts_event,bid,ask,bid_size,ask_size\n"


def _csv(folder: Path, *rows: str) -> Path:
    path = folder / "day.csv"
    path.write_text(_HEADER + "".join(row + "\n" for row in rows))
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


def test_another_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text("Time,Ask,Bid\n")
    with pytest.raises(FeedError, match=r"Expected the header ts_event,bid,.*, was \['Time'"):
        read_ticks(path)
