"""Which clock a broker's server has, by the hours at which its weeks begin.

The foreign exchange market opens on Sunday at 17:00 in New York, all year. A server writes that moment in its own wall
clock; so hourly bars over a change of summer time in New York or Europe tell the zones apart. Brokers open some minutes
late, and holidays move a week's first bar: a zone fits where most weeks agree with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from mt5_bridge.ticks.broker_clock import MOST_BROKERS, BrokerClock

CANDIDATES = (
    MOST_BROKERS,
    "Europe/Athens",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Moscow",
    "America/New_York",
    "Etc/GMT-2",
    "utc",
)
"""Clocks that brokers are known to have, the usual one first."""

_NEW_YORK = ZoneInfo("America/New_York")
_WEEKEND = timedelta(hours=24)
"""A longer gap between bars is a weekend: no other pause of the market takes so long."""
_HOUR = timedelta(hours=1)
_MOST = 0.8


class Fit(NamedTuple):
    zone: str
    """As `BrokerClock.parse` reads it."""
    share: float
    """Of the weeks, those that began when this clock says; 0 to 1."""


def fitting_zones(bars: Iterable[datetime], candidates: Sequence[str] = CANDIDATES) -> list[Fit]:
    """Clocks that fit the hourly bars, which are wall clocks labelled UTC in time order; the best first.

    Several fit where no change of summer time told them apart, none where the symbol is not of this market.
    """
    opens = _week_opens(bars)
    if not opens:
        return []
    fits = [Fit(zone, _agreeing(opens, BrokerClock.parse(zone)) / len(opens)) for zone in candidates]
    return sorted((fit for fit in fits if fit.share >= _MOST), key=lambda fit: -fit.share)


def _week_opens(bars: Iterable[datetime]) -> list[datetime]:
    opens, last = list[datetime](), None
    for bar in bars:
        if last is not None and bar - last > _WEEKEND:
            opens.append(bar)
        last = bar
    return opens


def _agreeing(opens: Sequence[datetime], clock: BrokerClock) -> int:
    return sum(any(wall <= opened < wall + _HOUR for wall in _expected(opened, clock)) for opened in opens)


def _expected(opened: datetime, clock: BrokerClock) -> Iterable[datetime]:
    """What the clock showed at the Sunday openings nearest to a bar."""
    for days in (-1, 0, 1):
        day = opened.date() + timedelta(days=days)
        if day.isoweekday() == 7:
            yield clock.wall(datetime(day.year, day.month, day.day, 17, tzinfo=_NEW_YORK).astimezone(UTC))
