from __future__ import annotations

import polars as pl
import pytest

from ticklake_assets.sources.csv_dialects import Dialect
from ticklake_assets.sources.csv_times import parse_times

_SECOND_US = 1_549_238_400_000_000


def _dialect(layout: str) -> Dialect:
    return Dialect(name="x", about="x", columns=("time", "bid", "ask"), times=(layout,), zone="UTC")


@pytest.mark.parametrize(
    ("layout", "texts", "expected", "cut"),
    [
        ("epoch seconds", ["1549238400", "1549238400.994", "1549238400.0000001"], [0, 994_000, 0], 1),
        ("epoch milliseconds", ["1549238400000", "1549238400994"], [0, 994_000], 0),
        ("epoch microseconds", ["1549238400000000", "1549238400000001"], [0, 1], 0),
        ("epoch nanoseconds", ["1549238400000000999", "1549238400000001000"], [0, 1], 1),
    ],
)
def test_each_unit_since_the_epoch(layout: str, texts: list[str], expected: list[int], cut: int) -> None:
    times = parse_times(pl.DataFrame({"time": [*texts, None, "now"]}), _dialect(layout))
    assert times.ts_us.to_list() == [*(_SECOND_US + each for each in expected), None, None]
    assert times.cut_rows == cut


@pytest.mark.parametrize("digits", [10, 13, 16, 19])
def test_a_number_is_a_time_of_one_unit_only(digits: int) -> None:
    """What is read in another unit than it is written in lies in no year with ticks."""
    text = str(_SECOND_US * 1_000)[:digits]
    layouts = ["epoch seconds", "epoch milliseconds", "epoch microseconds", "epoch nanoseconds"]
    found = [parse_times(pl.DataFrame({"time": [text]}), _dialect(layout)).ts_us for layout in layouts]
    assert [times.null_count() for times in found].count(0) == 1
