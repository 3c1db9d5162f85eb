from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from ticklake_assets.commands.catalogue_table import table_of
from ticklake_assets.core.errors import SourceError
from ticklake_assets.core.instruments import INSTRUMENTS
from ticklake_assets.core.market_tables import MARKET, built_in
from ticklake_assets.core.vendor_catalogue import catalogue, listed, search


def test_the_table_is_what_the_tool_makes_of_the_vendors_file(shared_data: Path) -> None:
    metadata = json.loads((shared_data / "dukascopy_json" / "instrument-meta-data.json").read_text())
    assert table_of(metadata) == (MARKET / "dukascopy.csv").read_text(encoding="utf-8")
    assert len(catalogue()) == len(metadata)


def test_a_factor_that_is_no_power_of_ten_is_refused() -> None:
    wrong = {
        "x": {"code": "X-USD", "decimalFactor": 250, "startHourForTicks": "2020-01-01T", "description": "X"}
    }
    with pytest.raises(SourceError, match="X-USD: decimalFactor: Expected a power of ten, was 250"):
        table_of(wrong)


def test_the_symbols_that_come_along_have_its_digits_kinds_and_calendars() -> None:
    for symbol, instrument in INSTRUMENTS.items():
        if not instrument.is_synthetic:
            found = listed(symbol)
            assert found is not None
            assert (found.digits, found.kind, found.calendar, found.code, found.bi5_code) == (
                instrument.digits,
                instrument.kind,
                instrument.calendar,
                instrument.vendor_code,
                instrument.bi5_code,
            )


def test_words_are_searched_in_code_and_description() -> None:
    assert [each.code for each in search("silver xagusd")] == ["XAG-USD"]
    assert [each.code for each in search("GOLD")[:2]] == ["XAU-USD", "XAU-AED"]  # before shares
    assert search("gold")[-1].kind == "stock"
    assert search("no such thing") == []


@pytest.mark.parametrize("name", ["USA500IDXUSD", "usa500.idx-usd", "USA500.IDX/USD"])
def test_one_is_found_however_it_is_written(name: str) -> None:
    found = listed(name)
    assert found is not None
    assert (found.code, found.symbol, found.kind, found.calendar, found.first_tick) == (
        "USA500.IDX-USD",
        "USA500IDXUSD",
        "index",
        "indices",
        date(2012, 1, 16),
    )


def test_a_name_that_is_too_long_loses_its_class_and_where_no_calendar_fits_there_is_none() -> None:
    small = listed("USSC2000.IDX-USD")
    assert small is not None
    assert (small.symbol, small.bi5_code) == ("USSC2000USD", "USSC2000IDXUSD")
    german = listed("DEU.IDX-EUR")
    assert german is not None
    assert german.calendar is None
    assert {each.calendar for each in catalogue()} - {None} <= set(built_in().calendars)
