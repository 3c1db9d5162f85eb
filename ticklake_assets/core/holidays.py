"""The days of a year that a calendar names: a date, a weekday of a month, a feast.

>>> day_in("good friday", 2024), day_in("third monday of january", 2024), day_in("12-25", 2024)
(datetime.date(2024, 3, 29), datetime.date(2024, 1, 15), datetime.date(2024, 12, 25))
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from dateutil.easter import easter

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_ORDINALS = ("first", "second", "third", "fourth", "last")
_WEEKDAY_OF_MONTH = re.compile(rf"({'|'.join(_ORDINALS)}) ({'|'.join(WEEKDAYS)}) of ({'|'.join(_MONTHS)})")
_DATE = re.compile(r"(\d\d)-(\d\d)")
_BY_EASTER = {"good friday": -2, "easter monday": 1}
EXPECTED = (
    "a day like 12-25, third monday of january, last monday of may, good friday, easter monday, thanksgiving or "
    "day after thanksgiving"
)


def day_in(name: str, year: int) -> date:
    """The day of that name in a year; ValueError, which says what is expected, where there is no such name."""
    if name in _BY_EASTER:
        sunday: date = easter(year)
        return sunday + timedelta(days=_BY_EASTER[name])
    if name == "day after thanksgiving":
        return day_in("thanksgiving", year) + timedelta(days=1)
    if name == "thanksgiving":
        return day_in("fourth thursday of november", year)
    if found := _WEEKDAY_OF_MONTH.fullmatch(name):
        return _weekday_of_month(year, found[1], found[2], found[3])
    if found := _DATE.fullmatch(name):
        try:
            return date(year, int(found[1]), int(found[2]))
        except ValueError:
            pass
    raise ValueError(f"Expected {EXPECTED}, was {name!r}")


def observed(day: date) -> date:
    """The weekday on which a holiday of a weekend is kept: Friday for a Saturday, Monday for a Sunday."""
    return day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0))


def _weekday_of_month(year: int, ordinal: str, weekday: str, month: str) -> date:
    number = _MONTHS.index(month) + 1
    first = date(year, number, 1)
    found = first + timedelta(days=(WEEKDAYS.index(weekday) - first.weekday()) % 7)
    if ordinal == "last":
        found += timedelta(weeks=4)
        return found if found.month == number else found - timedelta(weeks=1)
    return found + timedelta(weeks=_ORDINALS.index(ordinal))
