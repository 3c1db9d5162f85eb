from __future__ import annotations

from datetime import date

import pytest

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.symbol_hour import SymbolHour, hours_of, open_hours
from ticklake_assets_tests.sources.builders import MONDAY, make_hour


def test_paths_are_those_of_the_feeds() -> None:
    assert SymbolHour(SymbolDay("GBPJPY", date(2012, 12, 3)), 0).bi5_path == "GBPJPY/2012/11/03/00h_ticks.bi5"
    assert SymbolHour(SymbolDay("EURUSD", date(2026, 1, 9)), 7).bi5_path == "EURUSD/2026/00/09/07h_ticks.bi5"
    assert SymbolHour(SymbolDay("EURUSD", date(2026, 7, 3)), 7).json_path == "EUR-USD/2026/7/3/7"


def test_an_hour_starts_where_its_name_says() -> None:
    hours = hours_of(SymbolDay("GBPJPY", MONDAY))
    assert [hour.start_us - make_hour().start_us for hour in hours] == [3_600_000_000 * h for h in range(24)]
    assert str(hours[9]) == "GBPJPY 2012-12-03 09h UTC"


@pytest.mark.parametrize(
    ("symbol", "day", "expected"),
    [
        ("GBPJPY", date(2012, 12, 3), range(24)),
        ("GBPJPY", date(2012, 12, 1), []),
        ("GBPJPY", date(2012, 12, 2), [22, 23]),  # opens at 17:00 New York
        ("GBPJPY", date(2012, 12, 7), range(22)),
        ("GBPJPY", date(2012, 7, 6), range(21)),  # summer time
        ("BTCUSD", date(2012, 12, 1), range(24)),
    ],
)
def test_open_hours_follow_the_calendar(symbol: str, day: date, expected: list[int]) -> None:
    assert [hour.hour for hour in open_hours(SymbolDay(symbol, day))] == list(expected)
