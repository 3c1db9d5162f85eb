"""`/lifecycle/SYMBOL/walk`: a chain of folds, planned with its spent days, launched, and its output."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from serving.pipeline.access.audit import acting
from serving.pipeline.access.roles import CanResearch, CanSee
from serving.pipeline.answers import ask
from serving.pipeline.pages.lifecycle.held_days import gold_days
from serving.pipeline.pages.lifecycle.walk_calendar import calendar
from serving.pipeline.rendering import page, part, redirect
from serving.pipeline.sources.all import Sources, sources
from ticklake_assets.core.errors import DataError
from ticklake_assets.core.instruments import instrument_of

router = APIRouter(include_in_schema=False)
_WALK = ("from", "to", "every", "train", "validate", "anchored", "again")
_TAIL = 8000
"""Bytes of a command's output that are shown."""


@router.get("/lifecycle/{symbol}/walk")
def walk_page(request: Request, _: CanSee, symbol: str) -> HTMLResponse:
    """A chain of folds, planned: what it would look at is shown before anything runs."""
    of = sources(request)
    held = gold_days(of, symbol)
    windows = instrument_of(symbol).windows
    asked = {name: str(value) for name, value in request.query_params.items() if name in _WALK}
    return page(
        request,
        "pages/lifecycle/walk.html",
        title=f"Walk forward {symbol}",
        symbol=symbol,
        windows=windows,
        asked=asked,
        first_gold=held[0] if held else None,
        last_gold=held[-1] if held else None,
    )


@router.get("/lifecycle/{symbol}/walk/plan")
def walk_plan(request: Request, _: CanSee, symbol: str) -> HTMLResponse:
    """As `ticklake walk-forward --plan` says."""
    words = _walk_words(symbol, request.query_params)
    answer = ask(sources(request).questions.json_of, *words, "--plan")
    drawn = calendar(answer.value["folds"]) if answer.value else None
    return part(
        request,
        "pages/lifecycle/plan.html",
        answer=answer,
        plan=answer.value,
        drawn=drawn,
        symbol=symbol,
        asked=dict(request.query_params),
    )


@router.post("/lifecycle/{symbol}/walk")
async def launch_walk(request: Request, _: CanResearch, symbol: str) -> Response:
    """The command in a process of its own: it outlives these pages, and Dagster shows its runs."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    words = _walk_words(symbol, form)
    with acting(request, "walk forward", " ".join(words)) as act:
        log = sources(request).commands.begin(*words)
        act.after = log.name
    return redirect(f"/lifecycle/{symbol}/walk/{log.stem}")


@router.get("/lifecycle/{symbol}/walk/{name}")
def walk_log(request: Request, _: CanSee, symbol: str, name: str) -> HTMLResponse:
    instrument_of(symbol)
    told = _log(sources(request), name)
    template = "walk_log_now.html" if request.headers.get("HX-Request") else "walk_log.html"
    show = part if request.headers.get("HX-Request") else page
    title = {} if show is part else {"title": f"Walk-forward of {symbol}"}
    return show(request, f"pages/lifecycle/{template}", symbol=symbol, name=name, told=told, **title)  # type: ignore[arg-type]


def _walk_words(symbol: str, asked: Mapping[str, str]) -> list[str]:
    """The command's own words; each value is checked there once more."""
    words = ["walk-forward", instrument_of(symbol).symbol]
    for name in ("from", "to"):
        try:
            words += [f"--{name}", str(date.fromisoformat(asked.get(name, "")))]
        except ValueError:
            raise DataError(f"{name}: Expected a day YYYY-MM-DD, was {asked.get(name, '')!r}") from None
    for name in ("every", "train", "validate"):
        text = asked.get(name, "").strip().removesuffix("d")
        if not text and name != "every":
            continue
        if not (text.isascii() and text.isdigit() and int(text)):
            raise DataError(f"{name}: Expected a number of days, was {asked.get(name, '')!r}")
        words += [f"--{name}", f"{int(text)}d"]
    return [*words, *(f"--{name}" for name in ("anchored", "again") if asked.get(name))]


def _log(of: Sources, name: str) -> str:
    path = of.settings.pages_home / "commands" / f"{Path(name).name}.log"
    if Path(name).name != name or not path.is_file():
        raise DataError(f"Expected a walk-forward that was launched here, was {name!r}")
    content = path.read_bytes()[-_TAIL:].decode(errors="replace")
    return content or "It begins …"
