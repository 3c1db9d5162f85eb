"""`ticklake status --html`: one page that loads nothing, for a screen and for a phone."""

from __future__ import annotations

from collections.abc import Sequence

from ticklake_assets.commands.day_ranges import shortened
from ticklake_assets.credentials import hidden
from ticklake_assets.modeling.report.templating import template
from ticklake_assets.research.coverage import Coverage
from ticklake_assets.research.day_calendar import MARKS, MEANINGS, months


def status_html(found: Sequence[Coverage], lake: str) -> str:
    """Write the page; the same lake gives the same text."""
    symbols = [
        {
            "coverage": each,
            "months": list(months(each)) if each.days else [],
            "gaps": shortened(each.gaps, len(each.gaps)),
        }
        for each in found
    ]
    return template("status.html.j2").render(
        symbols=symbols, lake=hidden(lake), marks=MARKS, meanings=MEANINGS
    )
