from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.schemas import CSV_HEADER
from ticklake_assets.storage.raw.csv_shape import RawShape, measure
from ticklake_assets_tests.storage.raw.raw_files import DAY, make_raw

HEADER = f"{CSV_HEADER}\n".encode()


def test_counts_rows_and_finds_the_days_first_and_last_time() -> None:
    shape = measure([make_raw(3)], DAY, "raw/a")
    assert shape == RawShape(3, DAY.start_us, DAY.start_us + 2_002_000)


def test_microseconds_and_foreign_rows_at_both_ends() -> None:
    rows = b"2024-01-14T23:59:59.999Z,1,1,1,1\n2024-01-15T00:00:00.000001Z,1,1,1,1\n,,,,\n"
    assert measure([HEADER + rows], DAY, "raw/a") == RawShape(3, DAY.start_us + 1, DAY.start_us + 1)


@pytest.mark.parametrize("data", [HEADER, HEADER[:-1], b"\xef\xbb\xbf" + HEADER, HEADER[:-1] + b"\r\n"])
def test_a_header_alone_is_a_closed_day(data: bytes) -> None:
    assert measure([data], DAY, "raw/a") == RawShape(0, None, None)


def test_an_unterminated_last_line_is_a_row() -> None:
    assert measure([make_raw(3)[:-1]], DAY, "raw/a").rows == 3


def test_a_time_that_is_none_is_left_to_the_typed_layer() -> None:
    rows = b"2024-01-15T99:00:00.000Z,1,1,1,1\n2024-01-15T00:00:01,1,1,1,1\n"
    assert measure([HEADER + rows], DAY, "raw/a") == RawShape(2, None, None)


def test_an_empty_file_is_no_closed_day() -> None:
    with pytest.raises(DataError, match=r"raw/a is empty \(0 bytes\): a closed day has a header"):
        measure([b""], DAY, "raw/a")


@pytest.mark.parametrize(
    "header", ["ts_event,bid,ask", "Time,Ask,Bid,AskVolume,BidVolume", f"{CSV_HEADER},x"]
)
def test_another_header_is_shown_beside_the_expected(header: str) -> None:
    with pytest.raises(DataError) as caught:
        measure([make_raw(header=header)], DAY, "raw/a")
    assert str(caught.value) == f"Header of raw/a. Expected {CSV_HEADER!r}, was {header!r}"


def test_a_file_of_another_day_is_refused() -> None:
    with pytest.raises(DataError, match=r"none of its 3 rows is of its day. Expected 2024-01-15T"):
        measure([make_raw(3, DAY.shifted(1))], DAY, "raw/a")


def test_one_row_of_the_day_makes_it_the_days_file() -> None:
    foreign = make_raw(50, DAY.shifted(1))
    own = make_raw(1).partition(b"\n")[2]
    assert measure([foreign + own], DAY, "raw/a").rows == 51


@given(
    rows=st.lists(
        st.sampled_from(["2024-01-15T00:00:01.000Z,1,1,1,1", "2024-01-14T23:59:59Z,1", "", ",,,,"])
    ),
    end=st.sampled_from(["", "\n"]),
    cuts=st.lists(st.integers(0, 400)),
)
def test_how_the_bytes_come_in_pieces_makes_no_difference(rows: list[str], end: str, cuts: list[int]) -> None:
    data = (HEADER.decode() + "".join(f"{row}\n" for row in rows)).encode().removesuffix(b"\n") + end.encode()
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    assert said([data[a:b] for a, b in pairwise(edges)]) == said([data])
    assert str(data.removesuffix(b"\n").count(b"\n")) in said([data])


def said(pieces: list[bytes]) -> str:
    try:
        return str(measure(pieces, DAY, "raw/a"))
    except DataError as error:
        return str(error).partition(", was ")[0]  # it shows a row, if need be an empty one
