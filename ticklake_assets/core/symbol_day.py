"""The unit of everything up to gold: one symbol on one UTC day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from ticklake_assets.core.errors import DataError

MICROS_PER_DAY = 86_400_000_000
_KEY = re.compile(r"([A-Z0-9]{3,12})\|(\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True, order=True)
class SymbolDay:
    """A symbol and a UTC day; its text form is the partition key `EURUSD|2024-01-15`.

    >>> SymbolDay.parse("EURUSD|2024-01-15").key
    'EURUSD|2024-01-15'
    """

    symbol: str
    trading_day: date

    @property
    def key(self) -> str:
        return f"{self.symbol}|{self.trading_day.isoformat()}"

    @property
    def start_us(self) -> int:
        """First microsecond of the day, since the epoch."""
        midnight = datetime(self.trading_day.year, self.trading_day.month, self.trading_day.day, tzinfo=UTC)
        return int(midnight.timestamp()) * 1_000_000

    @property
    def end_us(self) -> int:
        """First microsecond after the day: windows are half-open."""
        return self.start_us + MICROS_PER_DAY

    def shifted(self, days: int) -> SymbolDay:
        return SymbolDay(self.symbol, self.trading_day + timedelta(days=days))

    @classmethod
    def parse(cls, key: str) -> SymbolDay:
        match = _KEY.fullmatch(key)
        if match is None:
            raise DataError(f"Expected a partition key like 'EURUSD|2024-01-15', was {key!r}")
        return cls(match[1], date.fromisoformat(match[2]))

    def __str__(self) -> str:
        return self.key


def contiguous_ranges(days: list[SymbolDay], longest: int) -> list[list[SymbolDay]]:
    """Group sorted, distinct symbol-days into runs of neighbouring days, none above `longest` days."""
    ranges: list[list[SymbolDay]] = []
    for day in sorted(set(days)):
        if ranges and len(ranges[-1]) < longest and ranges[-1][-1].shifted(1) == day:
            ranges[-1].append(day)
        else:
            ranges.append([day])
    return ranges
