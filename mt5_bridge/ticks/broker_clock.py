"""The broker's clock: MetaTrader 5 writes a server's wall clock as if it were time since the epoch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

from mt5_bridge.errors import ClockError
from mt5_bridge.moments import moment_of, us_of, wall_of

MOST_BROKERS = "America/New_York+7"
"""The server's day ends when New York closes: UTC+2 in winter and UTC+3 in summer, by American dates."""

_CLOCK_SET_BACK = timedelta(minutes=30)
"""A larger step back inside the repeated hour is the clock change; a smaller one is a late row."""


class UtcTime(NamedTuple):
    utc: datetime
    is_settled: bool
    """False in an hour that the clock repeats or skips: there only the order of the rows can tell."""


@dataclass(frozen=True)
class BrokerClock:
    """Wall clock of an IANA zone, plus whole hours."""

    zone: ZoneInfo
    ahead: timedelta = timedelta(0)

    @classmethod
    def parse(cls, text: str) -> BrokerClock:
        """Read `utc`, a zone, or a zone and the hours that the server is ahead of it.

        >>> BrokerClock.parse("America/New_York+7").wall(datetime(2024, 7, 1, tzinfo=UTC)).isoformat()
        '2024-07-01T03:00:00+00:00'
        """
        whole = _zone("UTC" if text.lower() == "utc" else text)
        if whole is not None:  # Etc/GMT+2 is a zone, two hours behind UTC
            return cls(whole)
        name, _, hours = text.rpartition("+")
        zone = _zone(name)
        if zone is None or not re.fullmatch("[1-9]", hours):
            raise ClockError(
                f"Expected a broker clock like {MOST_BROKERS}, Europe/Athens or utc, was {text!r}"
            )
        return cls(zone, timedelta(hours=int(hours)))

    def wall(self, moment: datetime) -> datetime:
        """Say what the broker's clock shows at a moment, labelled UTC as MetaTrader 5 labels it."""
        return (moment.astimezone(self.zone) + self.ahead).replace(tzinfo=UTC)

    def offset(self, moment: datetime) -> timezone:
        """
        >>> str(BrokerClock.parse("Europe/Athens").offset(datetime(2024, 7, 1, tzinfo=UTC)))
        'UTC+03:00'
        """
        return timezone(self.wall(moment) - moment)

    def seconds(self, ts_us: int) -> int:
        """What it shows at a moment (epoch microseconds), as seconds since the epoch: a history is asked by these."""
        return int(self.wall(moment_of(ts_us)).timestamp())

    def utc_us(self, time_msc: int) -> int:
        """The (first) moment, epoch microseconds, at which the clock shows a terminal's `time_msc`."""
        return us_of(next(self.utc_times([wall_of(time_msc)])).utc)

    def utc_times(self, walls: Iterable[datetime]) -> Iterator[UtcTime]:
        """Convert wall clocks that are labelled UTC, in the terminal's order.

        In the hour that occurs twice, rows belong to its first pass until the clock steps back by more than
        half an hour, then to the second. An hour that does not occur is read as if the clock had not been set
        forward.
        """
        day, last, is_second_pass = date.min, datetime.max.replace(tzinfo=UTC), False
        for wall in walls:
            local = (wall - self.ahead).replace(tzinfo=self.zone)
            first, second = local.utcoffset(), local.replace(fold=1).utcoffset()
            assert first is not None
            assert second is not None
            offset = first
            if first > second:
                is_second_pass = day == local.date() and (is_second_pass or last - wall > _CLOCK_SET_BACK)
                day, last = local.date(), wall
                offset = second if is_second_pass else first
            yield UtcTime(wall - self.ahead - offset, first == second)


def _is_a_clock(name: str) -> str:
    try:
        BrokerClock.parse(name)
    except ClockError as error:
        raise ValueError(str(error)) from None
    return name


ClockName = Annotated[str, AfterValidator(_is_a_clock)]
"""Of a configuration: what `BrokerClock.parse` reads."""


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # OSError: a folder of zones, like `America`
        return None
