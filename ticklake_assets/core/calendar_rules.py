"""A calendar as its table states it, and the times that it means: the week's sessions, and the year's exceptions."""

from __future__ import annotations

import re
from dataclasses import astuple, dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from ticklake_assets.core.holidays import WEEKDAYS, day_in, observed

Span = tuple[int, int]
"""A half-open interval of epoch microseconds."""
_CLOCK = r"([01]\d|2[0-3]):([0-5]\d)"
_WEEK_SESSION = re.compile(rf"({'|'.join(WEEKDAYS)}) {_CLOCK} - ({'|'.join(WEEKDAYS)}) {_CLOCK}")
_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class WeekSession:
    """From a weekday's clock time to the next occurrence of another; a whole week where the two are the same."""

    first_day: int
    start: time
    days: int
    """Calendar days from the first to the last one."""
    end: time

    @classmethod
    def parse(cls, text: str) -> WeekSession:
        """Of `sunday 17:00 - friday 17:00`; ValueError where it is not like that."""
        if not (found := _WEEK_SESSION.fullmatch(text)):
            raise ValueError(f"Expected a session like 'sunday 17:00 - friday 17:00', was {text!r}")
        first, last = WEEKDAYS.index(found[1]), WEEKDAYS.index(found[4])
        start, end = time(int(found[2]), int(found[3])), time(int(found[5]), int(found[6]))
        days = (last - first) % 7
        return cls(first, start, days or (0 if end > start else 7), end)

    def spans(self, around: date, zone: ZoneInfo) -> list[Span]:
        """Those that may reach into a UTC day: of this week and the one before."""
        begins = around + timedelta(days=1 - (around.weekday() + 1 - self.first_day) % 7)
        return [
            (moment_us(day, self.start, zone), moment_us(day + timedelta(days=self.days), self.end, zone))
            for day in (begins - timedelta(weeks=1), begins)
        ]


@dataclass(frozen=True)
class Holiday:
    """A part of a day of the year, or the whole of it."""

    on: str
    start: time = time(0)
    from_eve: bool = False
    """Whether it starts on the day before."""
    end: time | None = None
    """None: the day's end."""
    observed: bool = False
    """Whether a day of the weekend is kept on the nearest weekday."""

    def span(self, year: int, zone: ZoneInfo) -> Span:
        day = day_in(self.on, year)
        day = observed(day) if self.observed else day
        begins = day - _A_DAY if self.from_eve else day
        ends = moment_us(day + _A_DAY, time(0), zone) if self.end is None else moment_us(day, self.end, zone)
        return moment_us(begins, self.start, zone), ends


@dataclass(frozen=True)
class CalendarRules:
    """One calendar; its times are clock times of its zone."""

    name: str
    about: str
    zone: str
    sessions: tuple[WeekSession, ...]
    closed: tuple[Holiday, ...] = ()
    """Outside the session all the same: no quote is expected, and orders end before."""
    silent: tuple[Holiday, ...] = ()
    """Inside the session, but silence is no fault there, nor is a quote."""
    empty_days: tuple[str, ...] = ()
    """UTC days without a tick that are credible."""

    @property
    def hours(self) -> tuple[object, ...]:
        """All that decides when the venue is open, as plain values."""
        return self.zone, *(tuple(map(astuple, part)) for part in (self.sessions, self.closed))

    @property
    def hours_version(self) -> str:
        """A digest of what decides when orders end: sessions and closed hours."""
        return f"{self.name}-{sha256(repr(self.hours).encode()).hexdigest()[:8]}"


def moment_us(day: date, clock: time, zone: ZoneInfo) -> int:
    """Epoch microseconds of a clock time in a zone."""
    return int(datetime.combine(day, clock, tzinfo=zone).timestamp()) * 1_000_000
