"""The model pages: all versions, one, two side by side, and the ledger of what was tried."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from serving.pipeline.access.roles import CanSee
from serving.pipeline.answers import ask
from serving.pipeline.pages.model import change_routes, trade_routes
from serving.pipeline.pages.model.charts import charts_of
from serving.pipeline.pages.model.comparison import compare
from serving.pipeline.pages.model.figures import Figures, equity_figures
from serving.pipeline.pages.model.frame import frame
from serving.pipeline.pages.model.links import links_of
from serving.pipeline.pages.model.listing import listing, newest_first
from serving.pipeline.pages.model.trials import told
from serving.pipeline.pages.model.verdicts import gate_lines, verdict_of
from serving.pipeline.rendering import page, part
from serving.pipeline.sources.all import Sources, sources
from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.modeling.deployed.card import card_sections

router = APIRouter(include_in_schema=False)
api = APIRouter()
router.include_router(change_routes.router)  # before the page of a version, whose address would match theirs
router.include_router(trade_routes.router)
api.include_router(trade_routes.api)
From = Annotated[Sources, Depends(sources)]
Number = Annotated[int, Query(alias="page", ge=1, le=100_000)]


@router.get("/models")
def all_versions(request: Request, _: CanSee, symbol: str = "", page_number: Number = 1) -> HTMLResponse:
    """Versions of a symbol, or of all; the table comes once the page is painted."""
    return page(request, "pages/model/versions.html", title="Models", symbol=symbol, number=page_number)


@router.get("/models/rows")
def rows(request: Request, _: CanSee, of: From, symbol: str = "", page_number: Number = 1) -> HTMLResponse:
    served = ask(of.endpoint.modes)
    found = ask(listing, of.models, symbol, served.value or {}, page_number)
    symbols = sorted({each.symbol for each in ask(of.models.versions).value or []})
    context: dict[str, Any] = {"found": found, "served": served, "symbols": symbols, "symbol": symbol}
    return part(request, "pages/model/rows.html", **context)


@router.get("/models/{symbol}")
def of_symbol(request: Request, _: CanSee, symbol: str, page_number: Number = 1) -> HTMLResponse:
    return page(
        request, "pages/model/versions.html", title=f"Models of {symbol}", symbol=symbol, number=page_number
    )


@router.get("/models/{symbol}/compare")
def two_versions(
    request: Request, _: CanSee, of: From, symbol: str, a: str = "champion", b: str = "candidate"
) -> HTMLResponse:
    """Two versions side by side, each by number, alias or digits of its bundle."""
    versions = newest_first(of.models.versions(symbol))
    pair = ask(lambda: (of.models.version(symbol, a), of.models.version(symbol, b)))
    found = ask(compare, of.models, *pair.value) if pair.value else None
    context: dict[str, Any] = {
        "symbol": symbol,
        "versions": versions,
        "a": a,
        "b": b,
        "pair": pair,
        "found": found,
    }
    return page(request, "pages/model/compare.html", title=f"{symbol}: two versions", **context)


@router.get("/models/{symbol}/trials")
def ledger(
    request: Request, _: CanSee, of: From, symbol: str, what: str = "", page_number: Number = 1
) -> HTMLResponse:
    """What was ever tried on the symbol."""
    found = ask(lambda: told(of.models.ledger, symbol, what, page_number))
    return page(
        request,
        "pages/model/trials.html",
        title=f"{symbol}: trial ledger",
        symbol=symbol,
        found=found,
        what=what,
    )


@router.get("/models/{symbol}/{version}")
def one_version(request: Request, _: CanSee, of: From, symbol: str, version: str) -> HTMLResponse:
    """Verdict, gates and card of a version."""
    found = of.models.version(symbol, version)
    verdict = verdict_of(of.models, found)
    manifest = ask(of.models.manifest, found)
    context: dict[str, Any] = {
        "lines": gate_lines(verdict.gates) if verdict.gates else [],
        "card": card_sections(manifest.value, verdict.gates) if manifest.value else (),
        "manifest": manifest,
        "fold": ask(of.models.fold, found),
        "chain": None if verdict.gates else ask(of.models.judged_chain, found).value,
    }
    return page(request, "pages/model/version.html", **frame(of.models, found, "gates"), **context)


@router.get("/models/{symbol}/{version}/links")
def links(request: Request, _: CanSee, of: From, symbol: str, version: str) -> HTMLResponse:
    found = of.models.version(symbol, version)
    served = ask(of.endpoint.modes)
    context: dict[str, Any] = {
        "links": links_of(of.models, of.settings.dagster_ui_url, found),
        "served": served,
        "version": found,
    }
    return part(request, "pages/model/links.html", **context)


@router.get("/models/{symbol}/{version}/plots")
def plots(request: Request, _: CanSee, of: From, symbol: str, version: str) -> HTMLResponse:
    """The report's plots, each with its numbers."""
    found = of.models.version(symbol, version)
    report = ask(of.models.judgement, found)
    charts = charts_of(report.value) if report.value else []
    return page(
        request, "pages/model/plots.html", **frame(of.models, found, "plots"), report=report, charts=charts
    )


@api.get("/api/v1/models/{symbol}/{version}/equity")
def equity(_: CanSee, of: From, symbol: str, version: str) -> Figures:
    """The judged chain's money, trade by trade."""
    found = of.models.version(symbol, version)
    report = of.models.judgement(found)
    if report is None:
        raise MissingDataError(f"No walk-forward ended with {found}. Expected a judgement, was none")
    return equity_figures(report)
