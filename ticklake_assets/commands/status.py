"""`ticklake status`: what do I have, a line a symbol; as a calendar, a page, or JSON."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from ticklake_assets.commands.day_ranges import shortened
from ticklake_assets.commands.status_page import status_html
from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.credentials import hidden
from ticklake_assets.files import replace_file
from ticklake_assets.research.asked import expect_symbol
from ticklake_assets.research.coverage import Coverage, coverages
from ticklake_assets.research.day_calendar import MARKS, MEANINGS, months
from ticklake_assets.research.lake import Lake
from ticklake_assets.settings import Settings

_VERDICTS = {"insufficient_evidence": "too few"}
"""Where 80 columns have no room for the word."""
_STYLES = {"gold": "green", "refused": "bold red", "gap": "yellow", "closed": "dim"}
_WRONG_SHOWN = 3


def show_status(
    settings: Settings,
    symbol: str | None,
    console: Console,
    *,
    calendar: bool = False,
    html: Path | None = None,
    as_json: bool = False,
) -> None:
    """Print what the lake has, of one symbol or of all: a table, one symbol's calendar, JSON; or write a page.

    Raises:
        DataError: an unknown symbol.
        MissingDataError: the lake has nothing of it.
    """
    found = coverages(settings, Lake(settings).store, symbol)
    if symbol is not None and not found:
        expect_symbol(symbol)
        raise MissingDataError(
            f"Nothing of {symbol}. Expected days of it in {settings.lake} or {settings.landing_dir}, was none: "
            "`ticklake backfill` brings them"
        )
    if html is not None:
        replace_file(html, status_html(found, settings.lake).encode())
        console.print(str(html), highlight=False, soft_wrap=True)
    elif as_json:
        console.print_json(json.dumps([each.as_dict() for each in found]))
    elif calendar:
        _print_calendar(found[0], console)
    else:
        _print_table(found, hidden(settings.lake), console)


def _print_table(found: list[Coverage], lake: str, console: Console) -> None:
    if not found:
        _say(console, f"Nothing yet in {lake}: `ticklake backfill` or `ticklake demo` brings days.")
        return
    headings = ("land", "raw", "parq", "clean", "gold", "gap", "rev", "ref", "quar")
    table = Table(
        Column("symbol", no_wrap=True),
        Column("first", no_wrap=True),
        Column("last", no_wrap=True),
        *(Column(name, justify="right", no_wrap=True) for name in headings),
        Column("model", overflow="fold"),
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for each in found:
        held = each.days
        table.add_row(
            each.symbol,
            str(held[0]) if held else "",
            str(held[-1]) if held else "",
            *(str(len(days) or "") for days in each.layers.values()),
            *(str(len(days) or "") for days in (each.gaps, each.revised, each.refused)),
            f"{each.quarantined_share:.1%}" if each.rows else "",
            _VERDICTS.get(each.verdict, each.verdict),
        )
    console.print(table)
    for each in found:
        if each.gaps:
            _say(console, f"{each.symbol} has no file of {shortened(each.gaps)}", "yellow")
        for day in sorted(each.refused)[:_WRONG_SHOWN]:
            _say(console, f"{each.symbol} {day}: {each.refused[day]}", "red")
        if len(each.refused) > _WRONG_SHOWN:
            _say(
                console,
                f"{each.symbol}: {len(each.refused) - _WRONG_SHOWN} more are refused: --calendar",
                "red",
            )


def _print_calendar(coverage: Coverage, console: Console) -> None:
    _say(console, f"{coverage.symbol}: {len(coverage.days)} days", "bold")
    console.print(
        Text("        " + " ".join(f"{number % 100:2}"[-1] for number in range(1, 32)), style="dim")
    )
    for month in months(coverage):
        line = Text(f"{month.name} ")
        for each in month.days:
            line.append(f"{MARKS[each]} ", _STYLES.get(each, ""))
        line.rstrip()
        console.print(line)
    _say(console, "  ".join(f"{MARKS[each]} {meaning}" for each, meaning in MEANINGS.items()), "dim")


def _say(console: Console, text: str, style: str = "") -> None:
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
