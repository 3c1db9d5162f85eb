"""`/v1/journal/{symbol}/{day}`: a day as it was streamed, for the lake; and its seal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from serving.endpoint.access.scopes import CanRead, CanScore
from serving.endpoint.endpoint import Endpoint, requested_day
from serving.endpoint.refusals import refusals
from ticklake_assets.core.errors import TransientError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.journal.folders import is_sealed, newest, stream_files, streamed_days

router = APIRouter()


class JournalOfDay(BaseModel):
    """What the endpoint holds of a symbol-day."""

    symbol: str = Field(description="code of the symbol", examples=["EURUSD"])
    day: date = Field(description="UTC", examples=["2024-01-17"])
    sealed: bool = Field(description="whether the day is closed: its newest stream never changes then")
    streams: int = Field(
        description="how often the day was begun: only the newest one comes into the lake", examples=[1]
    )
    bytes: int = Field(description="of the newest stream", examples=[8_912_345])


_BYTES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get("/v1/journal")
async def journals(endpoint: CanRead) -> list[JournalOfDay]:
    """List the days that were streamed, in order of symbol and day."""
    return await run_in_threadpool(lambda: list(_listed(endpoint.journals.root)))


@router.get("/v1/journal/{symbol}/{day}", responses=_BYTES | refusals(404), response_class=Response)
async def journal(symbol: str, day: str, endpoint: CanRead) -> Response:
    """Return the journal of the day's newest stream, as it lies on the endpoint's disk.

    The header `x-ticklake-sealed` says whether the day is closed: then these bytes never change; `x-ticklake-streams`
    how often the day was begun.
    """
    asked = requested_day(symbol, day)
    path = _newest(endpoint, asked)
    headers = {
        "x-ticklake-sealed": "true" if is_sealed(path) else "false",
        "x-ticklake-streams": str(len(stream_files(endpoint.journals.root, asked))),
    }
    content = await run_in_threadpool(path.read_bytes)
    return Response(content, media_type="application/octet-stream", headers=headers)


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


def _listed(root: Path) -> Iterator[JournalOfDay]:
    for day in streamed_days(root):
        if files := stream_files(root, day):
            yield JournalOfDay(
                symbol=day.symbol,
                day=day.trading_day,
                sealed=is_sealed(files[-1]),
                streams=len(files),
                bytes=files[-1].stat().st_size,
            )


def _newest(endpoint: Endpoint, day: SymbolDay) -> Path:
    path = newest(endpoint.journals.root, day)
    if path is None:
        raise HTTPException(404, f"Nothing was streamed for {day}. Expected a day with a journal")
    return path
