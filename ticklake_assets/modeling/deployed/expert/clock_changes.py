"""When a broker's clock at New York plus 7 hours is set, as a table: MQL5 knows no zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

FIRST_YEAR, LAST_YEAR = 2000, 2040
_NEW_YORK, _AHEAD_HOURS = ZoneInfo("America/New_York"), 7
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


class ClockChange(NamedTuple):
    wall_s: int
    """The wall clock at that moment, before it is set; seconds as if since the epoch."""
    offset_hours: int
    """Ahead of UTC from then on."""


def first_offset_hours() -> int:
    return _offset_hours(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC))


@cache
def clock_changes() -> tuple[ClockChange, ...]:
    """Those of `FIRST_YEAR` to `LAST_YEAR`."""
    found, day = [], datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    while day.year <= LAST_YEAR:
        before = _offset_hours(day)
        if before != _offset_hours(day + _DAY):
            moment = next(day + n * _HOUR for n in range(25) if _offset_hours(day + n * _HOUR) != before)
            found.append(ClockChange(int(moment.timestamp()) + 3600 * before, _offset_hours(moment)))
        day += _DAY
    return tuple(found)


def _offset_hours(moment: datetime) -> int:
    offset = moment.astimezone(_NEW_YORK).utcoffset()
    assert offset is not None
    return offset // _HOUR + _AHEAD_HOURS
