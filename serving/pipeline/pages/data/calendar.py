"""A year of a symbol as twelve lines of days, each with what it is in a letter, a word and a colour."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from ticklake_assets.research.coverage import LAYERS, Coverage
from ticklake_assets.research.day_calendar import CLOSED, GAP, MARKS, MEANINGS, OUTSIDE, REFUSED, months


@dataclass(frozen=True)
class DayCell:
    day: date
    state: str
    mark: str
    words: str
    """For a screen reader and a tooltip."""
    is_held: bool


@dataclass(frozen=True)
class MonthLine:
    name: str
    days: tuple[DayCell | None, ...]
    """31 places; None where the month has no such day."""


@dataclass(frozen=True)
class LayerLine:
    layer: str
    days: int
    first: date | None
    last: date | None


def year_of(coverage: Coverage, year: int) -> list[MonthLine]:
    """Each month of the year that the symbol's days touch."""
    lines = []
    for month in months(coverage, year):
        number = int(month.name[5:])
        length = monthrange(year, number)[1]
        cells = [_cell(coverage, date(year, number, at + 1), month.days[at]) for at in range(length)]
        lines.append(MonthLine(date(year, number, 1).strftime("%b"), (*cells, *([None] * (31 - length)))))
    return lines


def layer_lines(coverage: Coverage) -> list[LayerLine]:
    return [
        LayerLine(layer, len(days), min(days, default=None), max(days, default=None))
        for layer in LAYERS
        for days in [coverage.layers[layer]]
    ]


def legend() -> list[tuple[str, str, str]]:
    """State, mark, meaning."""
    return [(state, MARKS[state], meaning) for state, meaning in MEANINGS.items()]


def _cell(coverage: Coverage, day: date, state: str) -> DayCell:
    words = MEANINGS.get(state, "outside")
    if day in coverage.revised:
        words += f", revision {coverage.revised[day]}"
    if state == REFUSED:
        words += f": {coverage.refused[day]}"
    is_held = state not in (CLOSED, GAP, OUTSIDE)
    return DayCell(day, state, MARKS[state].strip(), words, is_held)
