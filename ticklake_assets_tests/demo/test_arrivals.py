from __future__ import annotations

from pathlib import Path
from threading import Timer

import pytest
from rich.console import Console

from ticklake_assets.core.errors import DataError, SetupError
from ticklake_assets.demo.arrivals import await_gold
from ticklake_assets.storage.raw.seals import current_seal, seal_day
from ticklake_assets.storage.raw.state import write_made_from, write_refusal
from ticklake_assets_tests.defs.homes import Home, days_from

DAYS = days_from("EURUSD", "2024-01-15", 2)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.land(DAYS)
    for day in DAYS:
        seal_day(home.store, day)
    return home


def build(home: Home) -> None:
    for day in DAYS:
        write_made_from(home.store, day, current_seal(home.store, day).sha256, {})


def test_it_ends_when_all_days_are_in_gold(home: Home) -> None:
    builder = Timer(0.2, build, [home])
    builder.start()
    await_gold(home.store, DAYS, Console(quiet=True), look_s=0.05)
    builder.join()


def test_a_refused_day_ends_it_with_its_reason(home: Home) -> None:
    write_refusal(home.store, DAYS[1], "parquet", "row 7: no number")
    with pytest.raises(DataError, match=r"1 refused, first EURUSD\|2024-01-16: row 7: no number"):
        await_gold(home.store, DAYS, Console(quiet=True), look_s=0.05)


def test_where_nothing_moves_it_says_what_must_run(home: Home) -> None:
    with pytest.raises(
        SetupError, match="2 days in gold, was 0, 2 of them in the lake, unchanged for 0 s: a rep"
    ):
        await_gold(home.store, DAYS, Console(quiet=True), patience_s=0.2, look_s=0.05)
