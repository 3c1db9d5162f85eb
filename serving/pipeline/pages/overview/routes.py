"""`/`: whether all is well, what needs a person, and a card a symbol."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from serving.pipeline.access.roles import CanSee
from serving.pipeline.pages.overview.attention import headline, needs
from serving.pipeline.pages.overview.cards import card
from serving.pipeline.pages.overview.facts import Known
from serving.pipeline.pages.overview.gathering import Overview
from serving.pipeline.rendering import page, part
from serving.pipeline.sources.all import sources
from serving.pipeline.sources.refreshed import Refreshed

_EVERY_S = 5.0
"""However many look, each source is asked so often."""

router = APIRouter(include_in_schema=False)


@router.get("/")
def overview(request: Request, _: CanSee) -> HTMLResponse:
    """The page at once, with what was known a moment ago; where that is nothing yet, it follows."""
    found = _kept(request).now
    shown = _shown(found) if found else {}
    return page(request, "pages/overview/page.html", title="Overview", is_known=found is not None, **shown)


@router.get("/overview/now")
def now(request: Request, _: CanSee) -> HTMLResponse:
    """What is known now, as a fragment."""
    return part(request, "pages/overview/now.html", **_shown(_kept(request).value))


def _kept(request: Request) -> Refreshed[Known]:
    """One for all who look."""
    state = request.app.state
    if not hasattr(state, "overview"):
        state.overview = Refreshed(Overview(sources(request)).known, _EVERY_S)
    found: Refreshed[Known] = state.overview
    return found


def _shown(found: Known) -> dict[str, Any]:
    things = needs(found)
    return {
        "headline": headline(found, things),
        "tone": "warn" if things else "good" if found.symbols else "dim",
        "things": things,
        "cards": [
            card(each, found.bridges, found.now, sum(thing.symbol == each.name for thing in things))
            for each in found.symbols
        ],
        "now": found.now,
    }
