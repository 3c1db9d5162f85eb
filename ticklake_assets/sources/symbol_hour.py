"""The unit of Dukascopy's feeds: one symbol in one UTC hour, and its address in both layouts."""

from __future__ import annotations

from dataclasses import dataclass

from ticklake_assets.core.calendar import expected_quotes, sessions, week_sessions
from ticklake_assets.core.calendar_rules import Span
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay

MICROS_PER_HOUR = 3_600_000_000


@dataclass(frozen=True, order=True)
class SymbolHour:
    """One hour, 0 to 23, of a symbol-day.

    >>> hour = SymbolHour(SymbolDay.parse("GBPJPY|2012-12-03"), 9)
    >>> hour.bi5_path, hour.json_path, str(hour)
    ('GBPJPY/2012/11/03/09h_ticks.bi5', 'GBP-JPY/2012/12/3/9', 'GBPJPY 2012-12-03 09h UTC')
    """

    day: SymbolDay
    hour: int

    @property
    def start_us(self) -> int:
        return self.day.start_us + self.hour * MICROS_PER_HOUR

    @property
    def bi5_path(self) -> str:
        """The month is 0-based here: 00 is January."""
        when = self.day.trading_day
        code = instrument_of(self.day.symbol).bi5_code
        return f"{code}/{when.year:04}/{when.month - 1:02}/{when.day:02}/{self.hour:02}h_ticks.bi5"

    @property
    def json_path(self) -> str:
        """Dashed code, 1-based and unpadded."""
        when = self.day.trading_day
        return f"{instrument_of(self.day.symbol).vendor_code}/{when.year}/{when.month}/{when.day}/{self.hour}"

    def __str__(self) -> str:
        return f"{self.day.symbol} {self.day.trading_day} {self.hour:02}h UTC"


def hours_of(day: SymbolDay) -> list[SymbolHour]:
    return [SymbolHour(day, hour) for hour in range(24)]


def open_hours(day: SymbolDay) -> list[SymbolHour]:
    """The hours that overlap a session of the symbol's calendar."""
    return _overlapping(day, sessions(instrument_of(day.symbol).calendar, day))


def hours_to_ask(day: SymbolDay) -> list[SymbolHour]:
    """The week's open hours, holidays or not, and those next to them: a venue may quote minutes before it opens.

    (GBPJPY has a quote in 2012-12-23 21h, an hour before the week begins.)
    """
    opened = week_sessions(instrument_of(day.symbol).calendar, day)
    return _overlapping(day, [(start - MICROS_PER_HOUR, end + MICROS_PER_HOUR) for start, end in opened])


def inner_hours(day: SymbolDay) -> list[SymbolHour]:
    """The hours that lie whole inside a session, and not in a holiday's: each of them must have ticks."""
    opened = expected_quotes(instrument_of(day.symbol).calendar, day)
    return [
        hour
        for hour in hours_of(day)
        if any(start <= hour.start_us and hour.start_us + MICROS_PER_HOUR <= end for start, end in opened)
    ]


def _overlapping(day: SymbolDay, opened: list[Span]) -> list[SymbolHour]:
    return [
        hour
        for hour in hours_of(day)
        if any(start < hour.start_us + MICROS_PER_HOUR and hour.start_us < end for start, end in opened)
    ]
