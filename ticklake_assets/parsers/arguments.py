"""Arguments and options that many commands share: symbols, days, numbers of days."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any

import typer


def day_of(text: str | date) -> date:
    """Read a UTC day; typer hands the default of an option over as it is."""
    if isinstance(text, date):
        return text
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise typer.BadParameter(f"Expected a day as YYYY-MM-DD, like 2024-01-15, was {text!r}") from None


def days_of(text: str) -> int:
    """Read a number of days.

    >>> days_of("7d")
    7
    """
    if not (found := re.fullmatch(r"([1-9][0-9]{0,3})d?", text)):
        raise typer.BadParameter(f"Expected days like 7d, was {text!r}")
    return int(found[1])


DAY: dict[str, Any] = {"parser": day_of, "metavar": "YYYY-MM-DD"}
DAYS: dict[str, Any] = {"parser": days_of, "metavar": "DAYS"}
"""How an option that is a day, or a number of days, is read and shown."""
FirstDay = Annotated[date, typer.Argument(parser=day_of, help="first UTC day, YYYY-MM-DD")]
LastDay = Annotated[date, typer.Argument(parser=day_of, help="last UTC day, YYYY-MM-DD; it is included")]
Symbol = Annotated[str, typer.Argument(help="a symbol that `ticklake instruments` lists")]
AsJson = Annotated[bool, typer.Option("--json", help="as JSON, for programs")]
