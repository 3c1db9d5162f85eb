"""`/lifecycle`: from days to a judged model, step by step, as a board for a symbol and an as-of day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from serving.pipeline.access.roles import CanSee
from serving.pipeline.answers import ask
from serving.pipeline.pages.lifecycle import launch_routes, run_routes, walk_routes
from serving.pipeline.pages.lifecycle.board import GOLD, LAUNCHED, STAGES, Step, moment, steps
from serving.pipeline.pages.lifecycle.held_days import STORED, WAIT_S, as_of_days, gold_days, symbols
from serving.pipeline.rendering import page, part
from serving.pipeline.sources.all import Sources, sources
from serving.pipeline.sources.dagster import UNDER_WAY
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.storage.models.stage_files import ModelFiles

router = APIRouter(include_in_schema=False)
for _routes in (run_routes, walk_routes, launch_routes):  # before the board, whose address would match theirs
    router.include_router(_routes.router)


@router.get("/lifecycle")
def lifecycle(request: Request, _: CanSee) -> Response:
    asked = sources(request).coverage
    coverage = asked.within(WAIT_S)
    if coverage:
        return RedirectResponse(f"/lifecycle/{coverage[0].symbol}", 303)
    is_known, problem = coverage is not None, asked.problem
    return page(request, "pages/data/nothing.html", title="Lifecycle", is_known=is_known, problem=problem)


@router.get("/lifecycle/{symbol}")
def symbol_page(request: Request, _: CanSee, symbol: str) -> Response:
    """The newest as-of day that there is, or could be."""
    instrument_of(symbol)
    of = sources(request)
    days = as_of_days(of, symbol)
    if days:
        return RedirectResponse(f"/lifecycle/{symbol}/{days[0]}", 303)
    return page(
        request,
        "pages/lifecycle/none.html",
        title=f"Lifecycle of {symbol}",
        symbol=symbol,
        symbols=symbols(of),
    )


@router.get("/lifecycle/{symbol}/{as_of}")
def board_page(request: Request, _: CanSee, symbol: str, as_of: date) -> HTMLResponse:
    of = sources(request)
    instrument_of(symbol)
    days = as_of_days(of, symbol)
    return page(
        request,
        "pages/lifecycle/board.html",
        title=f"Lifecycle of {symbol}, as of {as_of}",
        symbol=symbol,
        as_of=as_of,
        days=[*days, *([] if as_of in days else [as_of])][:400],
        symbols=symbols(of),
    )


@router.get("/lifecycle/{symbol}/{as_of}/now")
def board_now(request: Request, _: CanSee, symbol: str, as_of: date) -> HTMLResponse:
    """The board as Dagster knows it now; without Dagster what the lake has."""
    of = sources(request)
    answer = ask(_board, of, symbol, as_of)
    files = ModelFiles(of.lake.store)
    stored = {stage: as_of in files.as_of_days(stage, symbol) for stage in STORED}
    return part(
        request,
        "pages/lifecycle/board_now.html",
        symbol=symbol,
        as_of=as_of,
        answer=answer,
        stages=STAGES,
        steps=answer.value[0] if answer.value else {},
        runs=answer.value[1] if answer.value else [],
        backfills=answer.value[2] if answer.value else [],
        under_way=UNDER_WAY,
        stored=stored,
        dagster_url=of.dagster.url,
    )


def _board(
    of: Sources, symbol: str, as_of: date
) -> tuple[dict[str, Step], list[dict[str, Any]], list[dict[str, Any]]]:
    key = f"{symbol}|{as_of}"
    runs = of.dagster.runs_of(key)
    latest = of.dagster.latest(LAUNCHED, key)
    days = gold_days(of, symbol)
    seen = max((day for day in days if day < as_of), default=None)
    if seen is not None:
        latest |= of.dagster.latest(GOLD, f"{symbol}|{seen}")
    backfills = [
        each for each in of.dagster.backfills() if symbol in str(each["title"]) or _is_of(each, symbol)
    ]
    return (
        steps(latest, runs),
        [each | {"began": moment(each["startTime"] or each["creationTime"])} for each in runs],
        [each | {"at": moment(each["timestamp"])} for each in backfills],
    )


def _is_of(backfill: Mapping[str, Any], symbol: str) -> bool:
    return any(str(name).startswith(f"{symbol}|") for name in backfill["partitionNames"] or ())
