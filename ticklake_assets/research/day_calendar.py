"""Days of a symbol as a calendar: a month a line, a day a mark, for the terminal and for a page."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from ticklake_assets.research.coverage import LAYERS, Coverage

GOLD, CLEAN, PARQUET, RAW, LANDED, REFUSED, GAP, CLOSED, OUTSIDE = (
    "gold", "clean", "parquet", "raw", "landed", "refused", "gap", "closed", "outside",
)  # fmt: skip
MARKS = {
    GOLD: "G",
    CLEAN: "c",
    PARQUET: "p",
    RAW: "r",
    LANDED: "l",
    REFUSED: "X",
    GAP: "-",
    CLOSED: ".",
    OUTSIDE: " ",
}
"""Of a day: the last layer that holds it, else whether the market had a session."""
MEANINGS = {
    GOLD: "in gold",
    CLEAN: "clean",
    PARQUET: "typed",
    RAW: "raw",
    LANDED: "landed",
    REFUSED: "refused",
    GAP: "missing",
    CLOSED: "closed",
}


class Month(NamedTuple):
    """One month."""

    name: str
    """2024-01"""
    days: tuple[str, ...]
    """What each day is, from the first on."""


def months(coverage: Coverage, of_year: int | None = None) -> Iterator[Month]:
    """From the month of the first day to that of the last; of one year, where one is named."""
    held = coverage.days
    gaps = set(coverage.gaps)
    first, last = (held[0].year, held[0].month), (held[-1].year, held[-1].month)
    year, month = max(first, (of_year, 1)) if of_year else first
    while (year, month) <= (min(last, (of_year, 12)) if of_year else last):
        days = (date(year, month, number) for number in range(1, monthrange(year, month)[1] + 1))
        yield Month(f"{year}-{month:02}", tuple(_state(coverage, gaps, day, held) for day in days))
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def _state(coverage: Coverage, gaps: set[date], day: date, held: list[date]) -> str:
    if day in coverage.refused:
        return REFUSED
    for layer in reversed(LAYERS):
        if day in coverage.layers[layer]:
            return layer
    if day in gaps:
        return GAP
    return CLOSED if held[0] <= day <= held[-1] else OUTSIDE
