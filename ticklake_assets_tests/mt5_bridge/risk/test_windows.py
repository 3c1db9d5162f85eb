from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt5_bridge.risk.windows import Span, Window
from ticklake_assets_tests.mt5_bridge.risk.lives import terms_of

NEW_YORK = ZoneInfo("America/New_York")


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def test_the_start_is_inside_and_the_end_is_not() -> None:
    span = Span(start="2024-01-05T08:25", end="2024-01-05T08:45", zone="America/New_York")
    assert not span.covers(at("2024-01-05T13:25") - 1)
    assert span.covers(at("2024-01-05T13:25"))
    assert span.covers(at("2024-01-05T13:45") - 1)
    assert not span.covers(at("2024-01-05T13:45"))


def test_a_time_of_day_goes_over_midnight_and_follows_the_clock_of_its_zone() -> None:
    late = Span(start="23:50", end="00:10")
    assert [late.covers(at(f"2024-01-05T{time}")) for time in ("23:49", "23:50", "00:09", "00:10")] == [
        False, True, True, False,
    ]  # fmt: skip
    rollover = Span(start="16:55", end="17:15", zone="America/New_York")
    assert rollover.covers(at("2024-01-05T22:00"))
    assert rollover.covers(at("2024-07-05T21:00"))
    assert not rollover.covers(at("2024-07-05T22:00"))


def test_an_hour_that_the_clock_repeats_is_inside_as_a_whole() -> None:
    span = Span(start="2024-11-03T01:00", end="2024-11-03T01:30", zone="America/New_York")
    assert span.covers(at("2024-11-03T05:00"))
    assert span.covers(at("2024-11-03T06:29"))
    assert not span.covers(at("2024-11-03T06:30"))


@given(st.datetimes(datetime(2024, 1, 1), datetime(2024, 12, 31)))  # noqa: DTZ001 - UTC by the next line
def test_a_weekend_is_found_day_by_day(moment: datetime) -> None:
    local = moment.replace(tzinfo=UTC).astimezone(NEW_YORK)
    minute, day = local.hour * 60 + local.minute, local.weekday()
    expected = day == 5 or (day == 4 and minute >= 990) or (day == 6 and minute < 1050)
    weekend = Span(start="Fri 16:30", end="Sun 17:30", zone="America/New_York")
    ts_us = int((moment - datetime(1970, 1, 1)) / timedelta(microseconds=1))  # noqa: DTZ001
    assert weekend.covers(ts_us) == expected


@pytest.mark.parametrize(
    ("of", "symbol", "expected"),
    [("USD", "EURUSD", True), ("USD", "EURJPY", False), ("EURJPY", "EURJPY", True), ("*", "EURJPY", True)],
)
def test_a_window_concerns_symbols_and_currencies(of: str, symbol: str, expected: bool) -> None:  # noqa: FBT001
    window = Window(kind="news", of=(of,), start="10:00", end="11:00")
    assert window.concerns(terms_of(symbol)) is expected
