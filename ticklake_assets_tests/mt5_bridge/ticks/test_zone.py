"""The server's clock from its hourly bars."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from mt5_bridge.ticks.broker_clock import BrokerClock
from mt5_bridge.ticks.zone import CANDIDATES, Fit, fitting_zones

HOUR = timedelta(hours=1)
NEW_YORK = ZoneInfo("America/New_York")


def hourly_bars(zone: str, first: date, weeks: int, holidays: tuple[int, ...] = ()) -> list[datetime]:
    """Bars of a market open from Sunday 17:00 to Friday 17:00 in New York, as a server writes them."""
    clock, bars = BrokerClock.parse(zone), list[datetime]()
    for week in range(weeks):
        opening = datetime.combine(first + timedelta(weeks=week), time(17), NEW_YORK)
        closing = (opening + timedelta(days=5)).astimezone(UTC)
        moment = opening.astimezone(UTC) + (6 * HOUR if week in holidays else 0 * HOUR)
        while moment < closing:
            bars.append(clock.wall(moment).replace(minute=0))
            moment += HOUR
    return bars


@pytest.mark.parametrize("zone", CANDIDATES)
def test_a_year_of_bars_names_the_one_clock(zone: str) -> None:
    fits = fitting_zones(hourly_bars(zone, date(2023, 1, 1), 52, holidays=(0, 51)))
    assert fits[0] == Fit(zone, pytest.approx(50 / 51))  # the first week's opening has no gap before it
    assert [fit.zone for fit in fits if fit.share > 0.95] == [zone]


def test_a_summer_alone_leaves_several() -> None:
    fits = fitting_zones(hourly_bars("Europe/Athens", date(2023, 5, 7), 8))
    assert {fit.zone for fit in fits} == {"America/New_York+7", "Europe/Athens", "Europe/Moscow"}


def test_a_market_without_weekends_tells_nothing() -> None:
    start = datetime(2023, 1, 1, tzinfo=UTC)
    assert fitting_zones(start + n * HOUR for n in range(24 * 30)) == []


def test_openings_of_another_market_fit_no_clock() -> None:
    start = datetime(2023, 1, 2, 13, tzinfo=UTC)
    bars = [
        start + timedelta(weeks=w, days=d) + h * HOUR for w in range(9) for d in range(5) for h in range(8)
    ]
    assert fitting_zones(bars) == []
