"""`/v1/journal/{symbol}/{day}`: a day as it was streamed, for the lake; and its seal."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Response
from fastapi.concurrency import run_in_threadpool

from serving.endpoint.access.scopes import CanRead, CanScore
from serving.endpoint.endpoint import Endpoint, requested_day
from serving.endpoint.refusals import refusals
from ticklake_assets.core.errors import TransientError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.journal.folders import is_sealed, newest

router = APIRouter()
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get("/v1/journal/{symbol}/{day}", responses=_BYTES | refusals(404), response_class=Response)
async def journal(symbol: str, day: str, endpoint: CanRead) -> Response:
    """Return the journal of the day's newest stream, as it lies on the endpoint's disk.

    The header `x-ticklake-sealed` says whether the day is closed: then these bytes never change.
    """
    path = _newest(endpoint, requested_day(symbol, day))
    sealed = "true" if is_sealed(path) else "false"
    content = await run_in_threadpool(path.read_bytes)
    return Response(content, media_type="application/octet-stream", headers={"x-ticklake-sealed": sealed})


@router.post("/v1/journal/{symbol}/{day}/seal", responses=refusals(404, 409))
async def seal(symbol: str, day: str, endpoint: CanScore) -> dict[str, bool]:
    """Seal a day that is over now, rather than an hour after its last tick; once it is sealed nothing changes.

    Raises:
        HTTPException: 404 where nothing was streamed; 409 of a day that is not over, or that a client holds.
    """
    asked = requested_day(symbol, day)
    path = _newest(endpoint, asked)
    if is_sealed(path):
        return {"sealed": True}
    today = datetime.now(UTC).date()
    if asked.trading_day >= today:
        raise HTTPException(
            409, f"{asked} is not over. Expected a day before {today} (UTC), was {asked.trading_day}"
        )
    try:
        with endpoint.sessions.claim(asked) as session:
            session.close()
            endpoint.journals.seal(path)
    except TransientError as busy:
        raise HTTPException(409, str(busy)) from busy
    return {"sealed": True}


def _newest(endpoint: Endpoint, day: SymbolDay) -> Path:
    path = newest(endpoint.journals.root, day)
    if path is None:
        raise HTTPException(404, f"Nothing was streamed for {day}. Expected a day with a journal")
    return path
