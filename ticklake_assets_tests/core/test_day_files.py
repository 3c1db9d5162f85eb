from __future__ import annotations

import doctest
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.core import day_files
from ticklake_assets.core.day_files import day_file, parse_day_file, parse_raw_key, raw_key
from ticklake_assets.core.symbol_day import SymbolDay

DAYS = st.builds(
    SymbolDay, st.from_regex(r"[A-Z0-9]{3,12}", fullmatch=True), st.dates(date(1, 1, 1), date(9999, 12, 31))
)


@given(DAYS, st.integers(1, 10_000))
def test_a_name_reads_back_as_what_it_names(day: SymbolDay, revision: int) -> None:
    assert parse_day_file(day_file(day, revision)) == (day, revision)
    assert parse_raw_key(raw_key(day, revision)) == (day, revision)


@pytest.mark.parametrize(
    "path",
    [
        "EURUSD/2024/01/EURUSD_2024-02-15.csv",  # another month's folder
        "EURUSD/2024/01/GBPUSD_2024-01-15.csv",
        "EURUSD/2024/02/EURUSD_2024-02-30.csv",  # no day
        "EURUSD/2024/01/EURUSD_2024-01-15.r1.csv",  # the first has no number
        "EURUSD/2024/01/EURUSD_2024-01-15.r02.csv",
        "EURUSD/2024/01/.EURUSD_2024-01-15.csv",
        "EURUSD/2024/01/EURUSD_2024-01-15.csv.tmp",
        "eurusd/2024/01/eurusd_2024-01-15.csv",
    ],
)
def test_other_names_are_none(path: str) -> None:
    assert parse_day_file(path) is None
    assert parse_raw_key(f"raw/ticks/{path}") is None


def test_the_lakes_folder_is_part_of_a_raw_key() -> None:
    assert parse_raw_key("EURUSD/2024/01/EURUSD_2024-01-15.csv") is None


def test_examples() -> None:
    assert doctest.testmod(day_files).failed == 0
