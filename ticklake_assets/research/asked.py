"""What a user asked for, read with care: a symbol, a range of days, a moment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from difflib import get_close_matches

from ticklake_assets.core.calendar import calendar_days, may_be_closed
from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.instruments import INSTRUMENTS, instrument_of
from ticklake_assets.core.symbol_day import SymbolDay

Day = str | date
"""A UTC day: a date, or text like 2024-01-31."""
Moment = str | datetime
"""A time: a datetime, or text like 2024-02-01T12:00Z; one that names no zone is UTC."""
_SHOWN = 5


@dataclass(frozen=True)
class Asked:
    """Days of a symbol, both ends included, as everywhere in ticklake."""

    symbol: str
    first: date
    last: date

    @classmethod
    def of(cls, symbol: str, first: Day, last: Day) -> Asked:
        """Read what was asked for.

        Raises:
            DataError: an unknown symbol (the message has similar ones), no date, or a last day before the first.
        """
        expect_symbol(symbol)
        begin, end = parse_day(first), parse_day(last)
        if end < begin:
            raise DataError(
                f"Days {begin} to {end} of {symbol}. Expected the first day before the last, was after it"
            )
        return cls(symbol, begin, end)

    def __str__(self) -> str:
        return f"{self.symbol} from {self.first} to {self.last}"

    def within(self, days: Collection[date]) -> tuple[date, ...]:
        return tuple(day for day in sorted(days) if self.first <= day <= self.last)

    def missing(self, days: Collection[date]) -> tuple[date, ...]:
        """Days of the range with a session in the instrument's calendar that are not among these."""
        calendar, held = instrument_of(self.symbol).calendar, set(days)
        asked = calendar_days(self.first, self.last)
        return tuple(
            day
            for day in asked
            if day not in held and not may_be_closed(calendar, SymbolDay(self.symbol, day))
        )

    def expect_some(self, what: str, found: Collection[date], held: Collection[date]) -> None:
        """MissingDataError where nothing was found; it says what of the symbol is `held`."""
        if not found:
            there = f"{min(held)} to {max(held)}, {len(held)} days" if held else "none of the symbol"
            raise MissingDataError(f"No {what} of {self}. Expected days that the lake has: {there}")


def expect_symbol(symbol: str) -> None:
    """DataError where no instrument is called so; it names similar ones."""
    known = list(INSTRUMENTS)
    if symbol not in known:
        near = get_close_matches(symbol.upper(), known, n=3, cutoff=0.5)
        listed = f"perhaps {' or '.join(near)}" if near else f"one of {', '.join(known)}"
        raise DataError(f"Unknown symbol {symbol!r}. Expected {listed}: `ticklake instruments` lists all")


def parse_day(text: Day) -> date:
    """A day as given; DataError where it is none."""
    if isinstance(text, datetime):
        raise DataError(f"Expected a day like 2024-01-31, was a time: {text}")
    if isinstance(text, date):
        return text
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        raise DataError(f"Expected a day like 2024-01-31, was {text!r}") from None


def parse_moment(text: Moment) -> datetime:
    """A moment in UTC; DataError where it is none."""
    try:
        found = text if isinstance(text, datetime) else datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise DataError(
            f"Expected a snapshot's number or a time like 2024-02-01T12:00Z, was {text!r}"
        ) from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def some_of(names: Collection[str]) -> str:
    """The last few of them, for an error."""
    return ", ".join(sorted(names)[-_SHOWN:]) or "none yet"
