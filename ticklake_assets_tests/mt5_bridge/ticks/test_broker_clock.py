from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mt5_bridge.errors import ClockError
from mt5_bridge.ticks.broker_clock import MOST_BROKERS, BrokerClock
from ticklake_assets.sources.zones import to_utc

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEW_YORK_GOES_BACK = datetime(2024, 11, 3, 6, tzinfo=UTC)
_NEW_YORK_GOES_FORWARD = datetime(2024, 3, 10, 7, tzinfo=UTC)
_CLOCKS = ["utc", MOST_BROKERS, "Europe/Athens", "Etc/GMT-2", "Australia/Lord_Howe"]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _back(clock: BrokerClock, *walls: str) -> list[str]:
    return [f"{time.utc:%m-%d %H:%M:%S}" for time in clock.utc_times(map(_at, walls))]


@pytest.mark.parametrize(
    ("text", "winter", "summer"),
    [
        (MOST_BROKERS, "UTC+02:00", "UTC+03:00"),
        ("Europe/Athens", "UTC+02:00", "UTC+03:00"),
        ("utc", "UTC", "UTC"),
        ("UTC", "UTC", "UTC"),
        ("Etc/GMT+2", "UTC-02:00", "UTC-02:00"),  # a zone's own name, not hours ahead
        ("Etc/GMT-2", "UTC+02:00", "UTC+02:00"),
        ("UTC+3", "UTC+03:00", "UTC+03:00"),
        ("Pacific/Kiritimati+9", "UTC+23:00", "UTC+23:00"),
    ],
)
def test_a_clock_is_a_zone_and_hours(text: str, winter: str, summer: str) -> None:
    clock = BrokerClock.parse(text)
    assert [str(clock.offset(_at(day))) for day in ("2024-01-15", "2024-07-15")] == [winter, summer]


@pytest.mark.parametrize(
    "text",
    ["", "+7", "7", "America", "Mars/Olympus", "Mars/Olympus+7", "../etc", "Europe/Athens+70", "UTC+-7"],
)
def test_another_clock_is_refused(text: str) -> None:
    with pytest.raises(ClockError, match=r"Expected a broker clock like America/New_York\+7, .*, was '"):
        BrokerClock.parse(text)


def test_most_brokers_follow_american_summer_time() -> None:
    """Between the two dates of change New York + 7 h and Athens are an hour apart."""
    moment = _at("2024-03-12 12:00")
    assert f"{BrokerClock.parse(MOST_BROKERS).wall(moment):%H:%M %Z}" == "15:00 UTC"
    assert f"{BrokerClock.parse('Europe/Athens').wall(moment):%H:%M %Z}" == "14:00 UTC"


def test_the_hour_that_occurs_twice_is_settled_by_order() -> None:
    # New York goes back from 02:00 to 01:00 at 06:00 UTC: the broker from 09:00 to 08:00.
    walls = ["07:59:59", "08:10:00", "08:50:00", "08:49:59", "08:00:01", "08:50:00", "09:00:00"]
    assert _back(BrokerClock.parse(MOST_BROKERS), *(f"2024-11-03 {wall}" for wall in walls)) == [
        "11-03 04:59:59",
        "11-03 05:10:00",
        "11-03 05:50:00",
        "11-03 05:49:59",  # late by a second, not a clock change
        "11-03 06:00:01",
        "11-03 06:50:00",
        "11-03 07:00:00",
    ]


def test_the_hour_that_does_not_occur_is_read_with_the_offset_before() -> None:
    walls = (f"2024-03-10 {wall}" for wall in ("08:59:59", "09:30:00", "10:00:00"))
    times = list(BrokerClock.parse(MOST_BROKERS).utc_times(map(_at, walls)))
    assert [f"{time.utc:%H:%M:%S}" for time in times] == ["06:59:59", "07:30:00", "07:00:00"]
    assert [time.is_settled for time in times] == [True, False, True]


@pytest.mark.parametrize("change", [_NEW_YORK_GOES_BACK, _NEW_YORK_GOES_FORWARD])
@pytest.mark.parametrize("text", _CLOCKS)
def test_a_steady_stream_comes_back_over_clock_changes(text: str, change: datetime) -> None:
    clock = BrokerClock.parse(text)
    moments = [change + timedelta(minutes=7 * step) for step in range(-12 * 24, 12 * 24)]
    assert [time.utc for time in clock.utc_times(map(clock.wall, moments))] == moments


_MOMENTS = st.lists(st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001


@given(_MOMENTS, st.sampled_from(_CLOCKS))
@example([_NEW_YORK_GOES_BACK, _NEW_YORK_GOES_BACK - timedelta(minutes=30)], MOST_BROKERS)
def test_every_settled_moment_comes_back(moments: list[datetime], text: str) -> None:
    clock = BrokerClock.parse(text)
    times = list(clock.utc_times(map(clock.wall, moments)))
    for moment, time in zip(moments, times, strict=True):
        assert abs(time.utc - moment) <= timedelta(hours=not time.is_settled)


@given(
    st.sampled_from([_NEW_YORK_GOES_BACK, _NEW_YORK_GOES_FORWARD, _at("2024-10-27 01:00")]),
    st.lists(st.integers(-3 * 3_600_000, 3 * 3_600_000), min_size=1),
    st.sampled_from(["America/New_York", "Europe/Athens"]),
)
def test_it_agrees_with_the_zones_of_the_folder_source(
    change: datetime, steps_ms: list[int], name: str
) -> None:
    clock = BrokerClock.parse(name)
    walls = [clock.wall(change) + timedelta(milliseconds=step) for step in steps_ms]
    expected = to_utc(np.array([(wall - _EPOCH) // timedelta(microseconds=1) for wall in walls]), clock.zone)
    times = list(clock.utc_times(walls))
    assert [(time.utc - _EPOCH) // timedelta(microseconds=1) for time in times] == expected.ts_us.tolist()
    unsettled = expected.ambiguous_rows + expected.nonexistent_rows
    assert sum(not time.is_settled for time in times) == unsettled
