"""Days as a person reads them: neighbours as one range."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

_SHOWN = 4


def shortened(days: Iterable[date], shown: int = _SHOWN) -> str:
    """
    >>> shortened([date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 9)])
    '2024-01-02 to 2024-01-03, 2024-01-09'
    """
    ranges: list[list[date]] = []
    for day in sorted(days):
        if ranges and day - ranges[-1][-1] == timedelta(days=1):
            ranges[-1][1:] = [day]
        else:
            ranges.append([day])
    told = [" to ".join(map(str, each)) for each in ranges]
    return ", ".join(told[:shown]) + (f", and {len(told) - shown} more" if len(told) > shown else "")
