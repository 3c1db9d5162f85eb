"""`/data`: which days there are, what a day is worth, and its quotes down to the single one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from serving.pipeline.access.audit import acting
from serving.pipeline.access.roles import CanResearch, CanSee
from serving.pipeline.answers import ask
from serving.pipeline.pages.data.calendar import layer_lines, legend, year_of
from serving.pipeline.pages.data.ticks import TickFigures, figures
from serving.pipeline.rendering import page, part, redirect
from serving.pipeline.sources.all import Sources, sources
from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.quotes import RULES
from ticklake_assets.research.coverage import Coverage
from ticklake_assets.research.day_quality import Hours, day_quality, hours_of

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["data"])
_WAIT_S = 0.25
_RULES = {each.name: each.doc for each in RULES}
OVERLAYS = {
    "trades": "test trades",
    "signals": "signals",
    "events": "events",
    "labels": "labels",
    "quarantine": "quarantined ticks",
}


@router.get("/data")
def data(request: Request, _: CanSee) -> Response:
    """The first symbol that there is."""
    asked = sources(request).coverage
    coverage = asked.within(_WAIT_S)
    if coverage:
        return RedirectResponse(f"/data/{coverage[0].symbol}", 303)
    is_known, problem = coverage is not None, asked.problem
    return page(request, "pages/data/nothing.html", title="Data", is_known=is_known, problem=problem)


@router.get("/data/{symbol}")
def symbol_page(request: Request, _: CanSee, symbol: str, year: int = 0) -> HTMLResponse:
    """The calendar of a year; twenty of them are twenty addresses."""
    instrument_of(symbol)
    of = sources(request)
    known = of.coverage.within(_WAIT_S)
    found = _of_symbol(known, symbol)
    years = sorted({day.year for day in found.days}, reverse=True) if found else []
    chosen = year if year in years else years[0] if years else 0
    return page(
        request,
        "pages/data/symbol.html",
        title=f"Data of {symbol}",
        symbol=symbol,
        symbols=[each.symbol for each in known or ()],
        is_known=known is not None,
        problem=of.coverage.problem,
        age_s=of.coverage.age_s,
        coverage=found,
        years=years,
        year=chosen,
        months=year_of(found, chosen) if found and found.days else [],
        layers=layer_lines(found) if found else [],
        legend=legend(),
        newest=max(found.layers["clean"] | found.layers["gold"], default=None) if found else None,
    )


@router.get("/data/{symbol}/ticks")
def ticks_page(request: Request, _: CanSee, symbol: str, start: str = "", end: str = "") -> HTMLResponse:
    """The chart; its range stands in the address."""
    instrument_of(symbol)
    coverage = _of_symbol(sources(request).coverage.within(_WAIT_S), symbol)
    newest = max(coverage.layers["clean"], default=None) if coverage else None
    if not (start and end) and newest:
        start, end = f"{newest}T00:00:00Z", f"{newest + timedelta(days=1)}T00:00:00Z"
    shown = {"symbol": symbol, "start": start, "end": end, "overlays": OVERLAYS, "newest": newest}
    return page(request, "pages/data/ticks.html", title=f"Ticks of {symbol}", **shown)  # type: ignore[arg-type]


@router.get("/data/{symbol}/{day}")
def day_page(request: Request, _: CanSee, symbol: str, day: date) -> HTMLResponse:
    instrument_of(symbol)
    found = day_quality(sources(request).lake.store, symbol, day)
    return page(
        request,
        "pages/data/day.html",
        title=f"{symbol}, {day}",
        symbol=symbol,
        day=day,
        found=found,
        rules=_RULES,
    )


@router.get("/data/{symbol}/{day}/hours")
def day_hours(request: Request, _: CanSee, symbol: str, day: date) -> HTMLResponse:
    """Ticks and spread by hour, and the gaps, of the clean quotes."""
    pip = instrument_of(symbol).pip
    answer = ask(partial(_hours, sources(request), symbol, day))
    drawn = _hour_figures(answer.value, pip) if answer.value else None
    return part(request, "pages/data/hours.html", answer=answer, hours=answer.value, drawn=drawn)


@router.post("/data/{symbol}/backfill")
def backfill(
    request: Request,
    _: CanResearch,
    symbol: str,
    first: Annotated[date, Form()],
    last: Annotated[date, Form()],
) -> Response:
    """What `ticklake backfill` asks for: landing to gold, by Dagster's daemon."""
    with acting(request, "backfill", f"{symbol} {first} to {last}") as act:
        words = ["backfill", instrument_of(symbol).symbol, str(first), str(last), "--no-wait"]
        act.after = sources(request).commands.run(*words)
    return redirect(f"/lifecycle/{symbol}", f"{act.after}")


@router.post("/data/{symbol}/retry")
def retry(request: Request, _: CanResearch, symbol: str) -> Response:
    """What `ticklake retry` asks for: failed and refused days again, at the raw sensor's next look."""
    with acting(request, "retry", symbol) as act:
        act.after = sources(request).commands.run("retry", instrument_of(symbol).symbol)
    return redirect(f"/data/{symbol}", f"{act.after}")


@api.get("/ticks/{symbol}")
def tick_figures(
    request: Request,
    _: CanSee,
    symbol: str,
    start: Annotated[datetime, Query(description="UTC")],
    end: Annotated[datetime, Query(description="UTC, behind the last quote")],
    width: Annotated[int, Query(ge=50, le=4000, description="pixels")] = 1000,
    overlays: Annotated[str, Query(description=f"some of {', '.join(OVERLAYS)}, with commas")] = "",
) -> TickFigures:
    """Bid and ask of a range, as few of them as a chart of that width can tell apart, and what stands on them."""
    chosen = {each for each in overlays.split(",") if each}
    if unknown := chosen - OVERLAYS.keys():
        raise DataError(f"Expected overlays of {', '.join(OVERLAYS)}, was {sorted(unknown)[0]!r}")
    first, last = (each if each.tzinfo else each.replace(tzinfo=UTC) for each in (start, end))
    return figures(sources(request).lake, symbol, first, last, width, chosen)


def _of_symbol(known: list[Coverage] | None, symbol: str) -> Coverage | None:
    return next((each for each in known or () if each.symbol == symbol), None)


def _hours(of: Sources, symbol: str, day: date) -> Hours:
    rows = of.lake.ticks(symbol, day, day, columns=["ts_event", "bid", "ask"]).to_arrow()
    if not rows.num_rows:
        raise MissingDataError(
            f"{symbol} {day} has no clean quote: the market was closed, or every row is in quarantine"
        )
    time = rows["ts_event"].cast("timestamp[us]").cast("int64").to_numpy()
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1e6)
    return hours_of(time.astype(np.int64), rows["bid"].to_numpy(), rows["ask"].to_numpy(), midnight)


def _hour_figures(hours: Hours, pip: float) -> dict[str, dict[str, Any]]:
    at = list(range(24))
    ticks = {"label": "ticks", "digits": 0, "kind": "bars"}
    spread = {"label": "mean spread", "unit": "pips", "digits": 2, "kind": "bars", "colour": "series-2"}
    pips = [None if each is None else each / pip for each in hours.spread]
    return {
        "ticks": {"x": "hour (UTC)", "series": [ticks], "columns": [at, list(hours.ticks)]},
        "spread": {"x": "hour (UTC)", "series": [spread], "columns": [at, pips]},
    }
