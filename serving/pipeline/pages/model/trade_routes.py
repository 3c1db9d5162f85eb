"""A version's test trades: the table, its file, and each trade among its quotes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from serving.pipeline.access.roles import CanSee
from serving.pipeline.answers import ask
from serving.pipeline.pages.model import trades as table
from serving.pipeline.pages.model.figures import Figures
from serving.pipeline.pages.model.frame import frame
from serving.pipeline.pages.model.trade_picture import Picture, picture_of
from serving.pipeline.rendering import page, part
from serving.pipeline.sources.all import Sources, sources
from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.modeling.report.trades import TradeLine, lines_csv
from ticklake_assets.storage.models.versions import ModelVersion

router = APIRouter(include_in_schema=False)
api = APIRouter()
From = Annotated[Sources, Depends(sources)]


def asked(
    side: str = "",
    outcome: str = "",
    day: str = "",
    reason: str = "",
    least: str = "",
    most: str = "",
    sort: str = "signal",
    down: Literal["", "1"] = "",
    page_number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> table.Asked:
    """The filters of the address."""
    return table.Asked(side, outcome, day, reason, least, most, sort, bool(down), page_number)


Asked = Annotated[table.Asked, Depends(asked)]


@router.get("/models/{symbol}/{version}/trades")
def trades(request: Request, _: CanSee, of: From, symbol: str, version: str, wanted: Asked) -> HTMLResponse:
    found = of.models.version(symbol, version)
    lines = of.models.trades(found)
    context: dict[str, Any] = {
        "found": ask(table.find, lines, wanted),
        "asked": wanted,
        "days": table.days_of(lines),
        "reasons": table.all_reasons(lines),
        "table": table,
        "digits": instrument_of(symbol).digits,
    }
    return page(request, "pages/model/trades.html", **frame(of.models, found, "trades"), **context)


@router.get("/models/{symbol}/{version}/trades.csv")
def trades_file(_: CanSee, of: From, symbol: str, version: str, wanted: Asked) -> Response:
    """Every trade that the filters let through, with every figure."""
    found = of.models.version(symbol, version)
    text = lines_csv(table.chosen(of.models.trades(found), wanted))
    name = f"{symbol}_version_{found.number}_trades.csv"
    return Response(
        text, media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@router.get("/models/{symbol}/{version}/trades/{signal_us}")
def trade(request: Request, _: CanSee, of: From, symbol: str, version: str, signal_us: int) -> HTMLResponse:
    """One trade; its quotes come once the page is painted."""
    found = of.models.version(symbol, version)
    lines = of.models.trades(found)
    line, at = _trade(lines, signal_us)
    near = [
        None if not 0 <= place < len(lines) else table.signal_us(lines[place]) for place in (at - 1, at + 1)
    ]
    context: dict[str, Any] = {
        "title": f"{symbol} {line.side}, {line.signal[:19].replace('T', ' ')} UTC",
        "symbol": symbol,
        "version": found,
        "line": line,
        "signal_us": signal_us,
        "digits": instrument_of(symbol).digits,
        "reasons": table.weighed(line),
        "before": near[0],
        "after": near[1],
        "stated": table.stated(line),
    }
    return page(request, "pages/model/trade.html", **context)


@router.get("/models/{symbol}/{version}/trades/{signal_us}/quotes")
def quotes(request: Request, _: CanSee, of: From, symbol: str, version: str, signal_us: int) -> HTMLResponse:
    found = of.models.version(symbol, version)
    answer = ask(_picture, of, found, signal_us)
    return part(request, "pages/model/quotes.html", answer=answer)


@api.get("/api/v1/models/{symbol}/{version}/trades/{signal_us}")
def trade_figures(_: CanSee, of: From, symbol: str, version: str, signal_us: int) -> Figures:
    """Quotes around a trade, its entry and barriers, and its moments as marks."""
    return _picture(of, of.models.version(symbol, version), signal_us).figures


def _picture(of: Sources, version: ModelVersion, signal_us: int) -> Picture:
    line, _ = _trade(of.models.trades(version), signal_us)
    costs = next(fold.test.costs for fold in of.models.folds(version) if fold.as_of == line.as_of)
    return picture_of(of.lake, line, version.symbol, costs)


def _trade(lines: Sequence[TradeLine], signal_us: int) -> tuple[TradeLine, int]:
    """The trade of a signal, and its place."""
    for at, line in enumerate(lines):
        if table.signal_us(line) == signal_us:
            return line, at
    raise MissingDataError(
        f"No trade was signalled at {signal_us} us. Expected one of {len(lines)} trades: the table has them"
    )
