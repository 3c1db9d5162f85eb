"""A symbol's trial ledger as a person reads it: what was fitted, chosen and tested, and the looks that are left."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from ticklake_assets.research.trials import Entry, trials
from ticklake_assets.storage.models.trial_ledger import MOST_OPENINGS, TrialLedger

PAGE = 50
_PERIODS = 20
"""The latest: each asks the whole ledger."""


class Line(NamedTuple):
    at: str
    what: str
    as_of: str
    by: str
    about: str
    result: str


class Period(NamedTuple):
    """Test days that were opened together."""

    first: date
    last: date
    met: int
    left: int
    most: int = MOST_OPENINGS


class Told(NamedTuple):
    since: str
    """When the ledger begins; empty where it has no entry."""
    entries: int
    lines: list[Line]
    """Of the page, the newest first."""
    number: int
    pages: int
    total: int
    periods: list[Period]
    """The latest test days, the last first."""
    totals: Mapping[str, int]
    """How many of each kind."""


def told(ledger: TrialLedger, symbol: str, what: str, number: int) -> Told:
    """One page of the symbol's entries of a kind, or of all; ImmutabilityError where the ledger was tampered with."""
    entries = trials(ledger, symbol)
    totals: dict[str, int] = {}
    for entry in entries:
        totals[entry["what"]] = totals.get(entry["what"], 0) + int(entry.get("count", 1))
    asked = [entry for entry in reversed(entries) if what in ("", entry["what"])]
    pages = max(1, -(-len(asked) // PAGE))
    number = min(max(number, 1), pages)
    shown = asked[(number - 1) * PAGE : number * PAGE]
    opened = dict.fromkeys(tuple(entry["test_days"]) for entry in entries if entry["what"] == "opening")
    latest = sorted(opened, reverse=True)[:_PERIODS]
    return Told(
        ledger.since(),
        ledger.head().entries,
        [_line(entry) for entry in shown],
        number,
        pages,
        len(asked),
        [_period(ledger, symbol, days) for days in latest],
        totals,
    )


def _period(ledger: TrialLedger, symbol: str, told_days: tuple[str, ...]) -> Period:
    days = [date.fromisoformat(day) for day in told_days]
    return Period(min(days), max(days), ledger.met(symbol, days), ledger.left(symbol, days))


def _line(entry: Entry) -> Line:
    days = entry.get("test_days") or list(entry.get("days", {}))
    about = [str(entry.get("dataset", ""))]
    if days:
        about.append(f"days {min(days)} to {max(days)}")
    elif "first_day" in entry:
        about.append(f"days {entry['first_day']} to {entry['last_day']}")
    count = f"{entry['count']} x " if "count" in entry else ""
    return Line(
        str(entry.get("at", "")),
        f"{count}{entry['what']}",
        str(entry.get("as_of", "")),
        str(entry.get("by", "unknown")),
        "; ".join(filter(None, about)),
        _result(entry.get("result", {})),
    )


def _result(result: Mapping[str, Any]) -> str:
    """Figures of a result; the single trials of a search are left to `ticklake trials --json`."""
    figures = {name: value for name, value in result.items() if not isinstance(value, list)}
    return ", ".join(
        f"{name.replace('_', ' ')} {value:.4g}"
        if isinstance(value, float)
        else f"{name.replace('_', ' ')} {value}"
        for name, value in figures.items()
    )
