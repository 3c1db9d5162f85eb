"""Calendars against what they were as code, the vendor's own sessions and holidays, and known early closes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dateutil.easter import easter
from hypothesis import given
from hypothesis import strategies as st

from ticklake_assets.core.calendar import (
    close_us,
    expected_quotes,
    hours_version,
    is_closed,
    is_half_closed,
    may_be_closed,
    rules_of,
    sessions,
    week_sessions,
)
from ticklake_assets.core.market_tables import built_in
from ticklake_assets.core.symbol_day import SymbolDay

NEW_YORK = ZoneInfo("America/New_York")
HOUR_US = 3_600_000_000
DAYS = st.dates(date(2005, 1, 1), date(2035, 12, 31))


def of(day: date) -> SymbolDay:
    return SymbolDay("ANY", day)


def hours(calendar: str, day: date) -> list[str]:
    """Sessions of a day as clock times, UTC."""
    held = of(day)

    def clock(offset_us: int) -> str:
        return f"{offset_us // HOUR_US:02}:{offset_us // 60_000_000 % 60:02}"

    return [f"{clock(a - held.start_us)}-{clock(b - held.start_us)}" for a, b in sessions(calendar, held)]


def new_york_us(day: date, clock: time) -> int:
    return int(datetime.combine(day, clock, tzinfo=NEW_YORK).timestamp()) * 1_000_000


def currencies_as_code(day: SymbolDay) -> list[tuple[int, int]]:
    """How the week of currencies was written before calendars were data."""
    turn = new_york_us(day.trading_day, time(17))
    weekend = {5: [], 6: [(turn, day.end_us)], 4: [(day.start_us, turn)]}
    return weekend.get(day.trading_day.weekday(), [(day.start_us, day.end_us)])


@given(DAYS)
def test_currencies_and_always_are_what_they_were_as_code(when: date) -> None:
    day = of(when)
    assert sessions("fx", day) == currencies_as_code(day)
    assert sessions("always", day) == sessions("crypto", day) == [(day.start_us, day.end_us)]
    opened_us = sum(end - start for start, end in currencies_as_code(day))
    assert is_half_closed("fx", day) == (2 * opened_us < day.end_us - day.start_us)
    assert not is_half_closed("always", day)
    assert close_us("fx", day) == (currencies_as_code(day) or [(0, day.start_us)])[-1][1]
    holiday = when == easter(when.year) - timedelta(days=2) or (when.month, when.day) in {(1, 1), (12, 25)}
    assert may_be_closed("fx", day) == (is_closed("fx", day) or holiday)
    assert not may_be_closed("always", day)


@given(DAYS, st.sampled_from(sorted(built_in().calendars)))
def test_sessions_are_in_order_inside_the_day_and_apart(when: date, calendar: str) -> None:
    day = of(when)
    for spans in (sessions(calendar, day), week_sessions(calendar, day), expected_quotes(calendar, day)):
        edges = [edge for span in spans for edge in span]
        assert edges == sorted(set(edges))
        assert all(day.start_us <= edge <= day.end_us for edge in edges)


@pytest.mark.parametrize(("calendar", "code"), [("fx", "EUR-USD"), ("crypto", "BTC-USD")])
def test_the_vendors_sessions_and_holidays_fit(shared_data: Path, calendar: str, code: str) -> None:
    """Whole hours of its holidays expect no quote; other hours of its week do, but for those of a holiday of ours."""
    known = json.loads((shared_data / "dukascopy_json" / f"instrument-{code}.json").read_text())
    assert rules_of(calendar).zone == known["defaultTimezone"]
    week = known["tradeSchedule"][0]["sessions"]
    assert len(week) == (5 if calendar == "fx" else 7)
    starts = {each["start"] for spans in week.values() for each in spans}
    assert starts == {f"{rules_of(calendar).sessions[0].start}"}
    for holiday in known["holidays"]:
        for hour_us in range(
            -(-holiday["from"] // 3_600_000) * HOUR_US, holiday["till"] * 1_000 - HOUR_US + 1, HOUR_US
        ):
            when = datetime.fromtimestamp(hour_us / 1e6, UTC).date()
            whole = (hour_us, hour_us + HOUR_US)
            inside = [s for s in expected_quotes(calendar, of(when)) if s[0] < whole[1] and whole[0] < s[1]]
            assert inside == [], f"{code} is closed at {datetime.fromtimestamp(hour_us / 1e6, UTC)}"


def test_the_christmas_gap_of_currencies_is_expected_and_nothing_else_of_that_day() -> None:
    day = of(date(2012, 12, 25))
    starts = [(start - day.start_us) // HOUR_US for start, _ in expected_quotes("fx", day)]
    ends = [(end - day.start_us) // HOUR_US for _, end in expected_quotes("fx", day)]
    assert (starts, ends) == ([0, 22], [8, 24])
    assert hours("fx", date(2012, 12, 25)) == ["00:00-24:00"]  # a quote there is no fault either


@pytest.mark.parametrize(
    ("calendar", "day", "opened"),
    [
        ("metals", date(2024, 1, 9), ["00:00-22:00", "23:00-24:00"]),
        ("metals", date(2024, 7, 9), ["00:00-21:00", "22:00-24:00"]),
        ("metals", date(2024, 1, 7), ["23:00-24:00"]),
        ("metals", date(2024, 1, 12), ["00:00-22:00"]),
        ("metals", date(2024, 3, 29), []),  # Good Friday
        ("metals", date(2024, 11, 29), ["00:00-18:45"]),
        ("metals", date(2024, 12, 24), ["00:00-18:45"]),
        ("metals", date(2024, 12, 25), ["23:00-24:00"]),
        ("indices", date(2024, 3, 29), ["00:00-13:15"]),
        ("indices", date(2024, 12, 24), ["00:00-18:15"]),
        ("indices", date(2024, 1, 1), ["23:00-24:00"]),
        ("us_stocks", date(2024, 1, 9), ["14:30-21:00"]),
        ("us_stocks", date(2024, 11, 28), []),
        ("us_stocks", date(2024, 11, 29), ["14:30-18:00"]),
        ("us_stocks", date(2021, 7, 5), []),  # the Fourth is kept on Monday
        ("us_stocks", date(2024, 1, 6), []),
    ],
)
def test_a_class_has_its_hours_holidays_and_early_closes(calendar: str, day: date, opened: list[str]) -> None:
    assert hours(calendar, day) == opened
    assert is_closed(calendar, of(day)) == (opened == [])


def test_an_early_close_is_when_orders_end() -> None:
    assert close_us("metals", of(date(2024, 11, 29))) == new_york_us(date(2024, 11, 29), time(13, 45))
    assert close_us("fx", of(date(2024, 11, 29))) == new_york_us(date(2024, 11, 29), time(17))


def test_a_day_of_a_short_session_is_not_half_closed() -> None:
    assert not is_half_closed("us_stocks", of(date(2024, 1, 9)))
    assert is_half_closed("us_stocks", of(date(2024, 1, 6)))
    assert is_half_closed("metals", of(date(2024, 1, 7)))


def test_hours_that_are_as_old_as_labels_go_by_their_name_and_others_by_their_digest() -> None:
    assert (hours_version("fx"), hours_version("always"), hours_version("crypto")) == (
        "fx",
        "always",
        "always",
    )
    assert len({hours_version(name) for name in ("metals", "indices", "us_stocks")}) == 3
    assert hours_version("metals") == "metals-25725e89"
