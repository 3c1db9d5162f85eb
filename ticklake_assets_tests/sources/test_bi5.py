from __future__ import annotations

import lzma
from datetime import date
from pathlib import Path

import pytest

from ticklake_assets.core.errors import SourceError
from ticklake_assets.sources.bi5 import decode_bi5
from ticklake_assets.sources.source import TICK_SCHEMA
from ticklake_assets_tests.sources.builders import make_bi5, make_hour, rows_of

_HOUR = make_hour(5)


def test_records_become_ticks_with_shortest_sizes() -> None:
    table = decode_bi5(
        make_bi5((0, 132158, 132141, 1.5, 1.13), (3_599_999, 132160, 132140, 1e-6, 0)), _HOUR, "x"
    )
    assert table.schema == TICK_SCHEMA
    assert rows_of(table) == [
        (_HOUR.start_us, 132.141, 132.158, 1.13, 1.5),
        (_HOUR.start_us + 3_599_999_000, 132.14, 132.16, 0.0, 1e-6),
    ]


def test_zero_bytes_are_an_hour_without_ticks() -> None:
    assert decode_bi5(b"", _HOUR, "x").equals(TICK_SCHEMA.empty_table())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            make_bi5(*[(ms, 132158, 132141, 1.5, 1.13) for ms in range(500)])[:-20],
            "here: truncated. Expected a complete",
        ),
        (b"<html>503</html>" * 4, "here: Expected LZMA data, was not"),
        (
            lzma.compress(b"\0" * 41, format=lzma.FORMAT_ALONE),
            "here: Expected whole records of 20 bytes, was 41",
        ),
        (
            make_bi5((5, 132158, 132141, 1.5, 1.13), (3_600_000, 132158, 132141, 1.5, 1.13)),
            "here: record 2 is outside its hour. Expected 0 to 3599999 ms .*, was 3600000",
        ),
    ],
)
def test_bad_content_is_refused_by_name(data: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        decode_bi5(data, _HOUR, "here")


@pytest.mark.parametrize(
    ("symbol", "day", "first"),
    [
        ("GBPJPY", date(2012, 12, 3), (1_883, 132.141, 132.158, 1.13, 1.5)),
        ("EURUSD", date(2019, 2, 4), (994, 1.14543, 1.14545, 2.06, 1.0)),
    ],
)
def test_real_first_records(shared_data: Path, symbol: str, day: date, first: tuple[float, ...]) -> None:
    hour = make_hour(0, day, symbol)
    table = decode_bi5((shared_data / "dukascopy" / hour.bi5_path).read_bytes(), hour, "x")
    assert rows_of(table)[0] == (hour.start_us + first[0] * 1_000, *first[1:])


def test_bytes_behind_the_stream_are_an_error_and_not_lost() -> None:
    with pytest.raises(SourceError, match="bytes more behind it"):
        decode_bi5(make_bi5((0, 132158, 132141, 1.5, 1.13)) + b"more", _HOUR, "x")


def test_a_small_file_that_stands_for_gigabytes_is_refused() -> None:
    bomb = lzma.compress(b"\0" * (80 << 20), format=lzma.FORMAT_ALONE)
    assert len(bomb) < 100_000
    with pytest.raises(
        SourceError, match=r"x.bi5: Expected an hour of at most 64 MiB, was more behind [\d,]+ bytes"
    ):
        decode_bi5(bomb, make_hour(), "x.bi5")
