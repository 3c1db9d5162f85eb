"""`GET /v1/journal/{symbol}/{day}`: a day as it was streamed, for the lake."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException, Response
from fastapi.concurrency import run_in_threadpool

from serving.endpoint.access.scopes import CanRead
from serving.endpoint.endpoint import requested_day
from serving.endpoint.journal.day_journal import newest
from serving.endpoint.refusals import refusals

router = APIRouter()
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get("/v1/journal/{symbol}/{day}", responses=_BYTES | refusals(404), response_class=Response)
async def journal(symbol: str, day: str, endpoint: CanRead) -> Response:
    """Return the journal of the day's newest stream, as it lies on the endpoint's disk.

    The header `x-ticklake-sealed` says whether the day is closed: then these bytes never change.
    """
    path = newest(endpoint.journals.root, requested_day(symbol, day))
    if path is None:
        raise HTTPException(404, f"Nothing was streamed for {symbol}|{day}. Expected a day with a journal")
    sealed = "false" if path.stat().st_mode & 0o200 else "true"
    content = await run_in_threadpool(path.read_bytes)
    return Response(content, media_type="application/octet-stream", headers={"x-ticklake-sealed": sealed})
