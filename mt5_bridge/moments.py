"""Moments as the bridge has them: epoch microseconds, UTC; for people and calendars datetimes; and a terminal's times.

A terminal writes its server's wall clock as milliseconds or seconds since the epoch: `wall_of` gives these as
datetimes that are labelled UTC, which a `BrokerClock` makes moments of.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def moment_of(ts_us: int) -> datetime:
    """UTC.

    >>> moment_of(1_705_492_800_000_001).isoformat()
    '2024-01-17T12:00:00.000001+00:00'
    """
    return EPOCH + ts_us * _MICROSECOND


def date_of(ts_us: int) -> date:
    """The UTC day."""
    return moment_of(ts_us).date()


def us_of(moment: datetime) -> int:
    """
    >>> us_of(moment_of(-1))
    -1
    """
    return (moment - EPOCH) // _MICROSECOND


def wall_of(time_msc: int) -> datetime:
    """What a clock showed that wrote `time_msc`, labelled UTC."""
    return EPOCH + timedelta(milliseconds=time_msc)
