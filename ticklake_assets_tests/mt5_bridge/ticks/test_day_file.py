from __future__ import annotations

import os
import threading
from dataclasses import replace
from datetime import date
from math import inf, nan
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mt5_bridge.errors import DayError
from mt5_bridge.ticks.csv_feed import read_ticks
from mt5_bridge.ticks.day_file import day_path, publish_day, render_day
from mt5_bridge.wire.contract import Tick
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.sources.landing_csv import render_csv
from ticklake_assets_tests.small_disks import disk_that_takes
from ticklake_assets_tests.sources.builders import make_ticks

_DAY = date(2024, 1, 15)
_US = 1_705_276_801_883_000


def _tick(bid: float | None = 1.09482, ask: float | None = 1.09489) -> Tick:
    return Tick(1, _US, bid, ask, None, None)


def test_ticks_are_written_canonically() -> None:
    ticks = [_tick(), Tick(2, _US + 1_000, 1.095, None, 1.5, 1.48e-06), Tick(3, None, 1.0, 1.0, None, None)]
    assert render_day(ticks, 5).decode() == (
        "ts_event,bid,ask,bid_size,ask_size\n"
        "2024-01-15T00:00:01.883Z,1.09482,1.09489,,\n"
        "2024-01-15T00:00:01.884Z,1.09500,,1.5,0.00000148\n"
        ",1.00000,1.00000,,\n"
    )


def test_one_time_with_microseconds_widens_all() -> None:
    lines = render_day([_tick(), _tick()._replace(ts_us=_US + 1)], 5).decode().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == [
        "2024-01-15T00:00:01.883000Z",
        "2024-01-15T00:00:01.883001Z",
    ]


_numbers = (
    st.none()
    | st.floats()
    | st.integers(-(10**7), 10**7).map(lambda points: points / 1e5)
    | st.integers(-(10**18), 10**18).map(lambda points: points / 1e5)
    | st.sampled_from(
        [203.14900000000003, 132.141002, -1e-9, 1e-6, 9.9e-7, 1e10, 9999999999.5, -0.0, nan, inf]
    )
)


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.none() | st.integers(0, 4 * 10**12).map(lambda ms: ms * 1_000), *[_numbers] * 4)),
    st.integers(0, 5),
)
def test_the_landing_folder_would_hold_the_same_bytes(
    rows: list[tuple[int | None, float | None, float | None, float | None, float | None]], digits: int
) -> None:
    columns = list(zip(*rows, strict=True)) or [()] * 5
    landed = render_csv(make_ticks(*columns), replace(instrument_of("EURUSD"), digits=digits))
    assert render_day([Tick(0, *row) for row in rows], digits) == landed


def test_what_is_written_is_what_a_replay_reads(tmp_path: Path) -> None:
    ticks = [_tick(), Tick(2, _US + 7_000, None, 1.09, None, None)]
    path = day_path(tmp_path / "a" / "b", "EURUSD", _DAY)
    assert publish_day(path, render_day(ticks, 5))
    assert path.name == "EURUSD_2024-01-15.csv"
    assert read_ticks(path) == ticks
    assert os.listdir(path.parent) == [path.name]  # noqa: PTH208 - hidden files, too


def test_the_same_bytes_are_no_news_and_others_are_refused(tmp_path: Path) -> None:
    path = day_path(tmp_path, "EURUSD", _DAY)
    first = render_day([_tick()], 5)
    assert publish_day(path, first)
    assert not publish_day(path, first)
    with pytest.raises(
        DayError, match=r"EURUSD_2024-01-15.csv holds other bytes. Expected these ticks or no"
    ):
        publish_day(path, render_day([_tick(bid=1.09)], 5))
    assert path.read_bytes() == first
    assert os.listdir(tmp_path) == [path.name]  # noqa: PTH208


@pytest.mark.parametrize("symbol", ["../EURUSD", "eurusd", "EURUSD.m", "", "EU"])
def test_a_symbol_that_is_no_name_is_refused(tmp_path: Path, symbol: str) -> None:
    with pytest.raises(DayError, match=r"Expected a symbol of 3 to 12 capital letters and digits, was"):
        day_path(tmp_path, symbol, _DAY)


def test_a_disk_that_refuses_leaves_nothing(tmp_path: Path) -> None:
    refused = r"the disk refuses the file \(File too large\). Expected a writable"
    with disk_that_takes(10_000), pytest.raises(DayError, match=refused):
        publish_day(day_path(tmp_path, "EURUSD", _DAY), render_day([_tick()] * 1_000, 5))
    assert os.listdir(tmp_path) == []  # noqa: PTH208


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(DayError, match=r"disk refuses the file \(Not a directory\)"):
        publish_day(day_path(tmp_path / "out", "EURUSD", _DAY), b"")


def test_of_racing_writers_one_wins_and_nothing_is_replaced(tmp_path: Path) -> None:
    path = day_path(tmp_path, "EURUSD", _DAY)
    barrier, outcomes = threading.Barrier(6), list[object]()

    def write(number: int) -> None:
        barrier.wait()
        try:
            outcomes.append((publish_day(path, f"{number}".encode()), number))
        except DayError:
            outcomes.append("refused")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("refused") == 5
    assert (True, int(path.read_bytes())) in outcomes
