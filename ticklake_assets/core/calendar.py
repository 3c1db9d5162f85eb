"""When a venue is open. The calendar belongs to the instrument: BTCUSD trades on Saturdays."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from dateutil.easter import easter

from ticklake_assets.core.symbol_day import SymbolDay

_NEW_YORK = ZoneInfo("America/New_York")
_WEEK_TURN = time(17)
_SATURDAY, _SUNDAY, _FRIDAY = 5, 6, 4


class Calendar(StrEnum):
    FX = "fx"
    """Sunday 17:00 to Friday 17:00 New York."""
    ALWAYS = "always"
    """Around the clock, every day."""


def sessions(calendar: Calendar, day: SymbolDay) -> list[tuple[int, int]]:
    """Open intervals of a UTC day as half-open epoch-microsecond pairs; empty when closed all day.

    Holidays are not listed: a venue's short holiday shows as missing quotes, which the data says better.
    """
    if calendar is Calendar.ALWAYS:
        return [(day.start_us, day.end_us)]
    weekday = day.trading_day.weekday()
    if weekday == _SATURDAY:
        return []
    if weekday == _SUNDAY:
        return [(_new_york_us(day.trading_day), day.end_us)]
    if weekday == _FRIDAY:
        return [(day.start_us, _new_york_us(day.trading_day))]
    return [(day.start_us, day.end_us)]


def is_closed(calendar: Calendar, day: SymbolDay) -> bool:
    return not sessions(calendar, day)


def is_half_closed(calendar: Calendar, day: SymbolDay) -> bool:
    """Whether a venue is open for less than half a day: FX on Saturdays, and on the evenings of Sundays.

    Such a day has too few quotes to learn from or to be judged on.
    """
    opened_us = sum(end - start for start, end in sessions(calendar, day))
    return 2 * opened_us < day.end_us - day.start_us


def may_be_closed(calendar: Calendar, day: SymbolDay) -> bool:
    """Whether a day without a single tick is credible: a weekend, New Year, Good Friday or Christmas."""
    when = day.trading_day
    is_good_friday = when == easter(when.year) - timedelta(days=2)
    holiday = is_good_friday or (when.month, when.day) in {(1, 1), (12, 25)}
    return is_closed(calendar, day) or (calendar is Calendar.FX and holiday)


def close_us(calendar: Calendar, day: SymbolDay) -> int:
    """End of the day's last session, epoch microseconds; the day's start when it is closed all day."""
    opened = sessions(calendar, day)
    return opened[-1][1] if opened else day.start_us


def rollover_us(day: SymbolDay) -> int:
    """When a position that is open pays for the night: 17:00 New York, epoch microseconds."""
    return _new_york_us(day.trading_day)


def calendar_days(first: date, last: date) -> list[date]:
    """Every day from `first` to `last`, both included."""
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def _new_york_us(day: date) -> int:
    turn = datetime.combine(day, _WEEK_TURN, tzinfo=_NEW_YORK)
    return int(turn.timestamp()) * 1_000_000
