"""When a venue is open. The calendar belongs to the instrument: BTCUSD trades on Saturdays.

Calendars are data (`core/market/calendars.toml`, and the tables `[calendars.NAME]` of a user's own file) and are asked
for by their name.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from ticklake_assets.core.calendar_rules import CalendarRules, Holiday, Span, moment_us
from ticklake_assets.core.holidays import day_in
from ticklake_assets.core.market_tables import built_in, market_tables
from ticklake_assets.core.symbol_day import SymbolDay

_NEW_YORK = ZoneInfo("America/New_York")
_WEEK_TURN = time(17)
_AS_OLD_AS_LABELS = ("fx", "always")
"""Calendars that label versions of before name alone, not by a digest: their hours stay what they are."""


def rules_of(calendar: str) -> CalendarRules:
    return market_tables().calendars[calendar]


def sessions(calendar: str, day: SymbolDay) -> list[Span]:
    """Open intervals of a UTC day as half-open epoch-microsecond pairs; empty when closed all day."""
    return list(_opened(rules_of(calendar), day.trading_day, day.start_us, day.end_us))


def week_sessions(calendar: str, day: SymbolDay) -> list[Span]:
    """The same by the week alone, as if no day of the year were an exception."""
    return _of_week(rules_of(calendar), day.trading_day, day.start_us, day.end_us)


def expected_quotes(calendar: str, day: SymbolDay) -> list[Span]:
    """The parts of the sessions in which silence is odd: without the hours in which a venue may be silent."""
    rules = rules_of(calendar)
    return _without(sessions(calendar, day), _spans(rules, rules.silent, day.trading_day))


def is_closed(calendar: str, day: SymbolDay) -> bool:
    return not sessions(calendar, day)


def is_half_closed(calendar: str, day: SymbolDay) -> bool:
    """Whether a venue is open for less than half a day: FX on Saturdays, and on the evenings of Sundays.

    Such a day has too few quotes to learn from or to be judged on.
    """
    opened_us = sum(end - start for start, end in week_sessions(calendar, day))
    usual_us = max(
        sum(end - start for start, end in week_sessions(calendar, day.shifted(days))) for days in range(7)
    )
    return 2 * opened_us < usual_us


def may_be_closed(calendar: str, day: SymbolDay) -> bool:
    """Whether a day without a single tick is credible: a weekend, or a holiday of the calendar."""
    named = {day_in(name, day.trading_day.year) for name in rules_of(calendar).empty_days}
    return day.trading_day in named or not expected_quotes(calendar, day)


def close_us(calendar: str, day: SymbolDay) -> int:
    """End of the day's last session, epoch microseconds; the day's start when it is closed all day."""
    opened = sessions(calendar, day)
    return opened[-1][1] if opened else day.start_us


def hours_version(calendar: str) -> str:
    """What stands for a calendar where the end of orders depends on it: other hours are another version.

    Calendars with the hours of `fx` or `always` go by those names, as all did when hours were no data.
    """
    rules = rules_of(calendar)
    known = built_in().calendars
    same = [name for name in _AS_OLD_AS_LABELS if known[name].hours == rules.hours]
    return same[0] if same else rules.hours_version


def rollover_us(day: SymbolDay) -> int:
    """When a position that is open pays for the night: 17:00 New York, epoch microseconds."""
    return moment_us(day.trading_day, _WEEK_TURN, _NEW_YORK)


def calendar_days(first: date, last: date) -> list[date]:
    """Every day from `first` to `last`, both included."""
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


@lru_cache(4096)
def _opened(rules: CalendarRules, day: date, start_us: int, end_us: int) -> tuple[Span, ...]:
    opened = _of_week(rules, day, start_us, end_us)
    return tuple(_without(opened, _spans(rules, rules.closed, day)))


def _of_week(rules: CalendarRules, day: date, start_us: int, end_us: int) -> list[Span]:
    zone = ZoneInfo(rules.zone)
    joined: list[Span] = []
    for start, end in sorted(span for each in rules.sessions for span in each.spans(day, zone)):
        start, end = max(start, start_us), min(end, end_us)
        if start >= end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def _spans(rules: CalendarRules, holidays: Iterable[Holiday], day: date) -> list[Span]:
    """Those of the years that a day may belong to: an eve's may start in the year before."""
    zone, years = ZoneInfo(rules.zone), {(day + timedelta(days=off)).year for off in (-2, 2)}
    return [each.span(year, zone) for each in holidays for year in sorted(years)]


def _without(spans: list[Span], taken: Iterable[Span]) -> list[Span]:
    """
    >>> _without([(0, 10)], [(2, 4), (9, 12)])
    [(0, 2), (4, 9)]
    """
    for first, last in taken:
        spans = [
            part
            for start, end in spans
            for part in ((start, min(end, first)), (max(start, last), end))
            if part[0] < part[1]
        ]
    return spans
