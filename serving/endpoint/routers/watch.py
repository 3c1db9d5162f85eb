"""`/v1/watch/{symbol}` and `/v1/breakers/{symbol}`: drift, feed, outcomes, and who stops trading."""

from __future__ import annotations

from time import time_ns
from typing import Literal

from fastapi import APIRouter, HTTPException
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from serving.endpoint.access.scopes import CanDeploy, CanRead
from serving.endpoint.refusals import refusals
from serving.endpoint.watch.report import BreakerReport, WatchReport
from ticklake_assets.core.errors import DataError
from ticklake_assets.core.instruments import instrument_of

router = APIRouter()


class ByHand(BaseModel):
    """What a person does to a breaker."""

    action: Literal["open", "close"] = Field(description="`open` holds every signal back until `close`")
    reason: str = Field(min_length=1, max_length=500, description="Why; it is kept and shown")


@router.get("/v1/watch/{symbol}", responses=refusals(404))
async def watched(symbol: str, endpoint: CanRead) -> WatchReport:
    """Say how a symbol's newest day goes: feed, drift, breaker, live outcomes; 404 where none was streamed yet."""
    watch = endpoint.watches.of(_known(symbol))
    if watch is None:
        raise HTTPException(404, f"No day of {symbol} was streamed since the endpoint started. Expected one")
    return watch.report(_now_us())


@router.get("/v1/breakers/{symbol}", responses=refusals(404))
async def breaker(symbol: str, endpoint: CanRead) -> BreakerReport:
    """Say whether a symbol's breaker is open, why and since when."""
    return endpoint.watches.breaker(_known(symbol), _now_us())


@router.post("/v1/breakers/{symbol}", responses=refusals(404))
async def by_hand(symbol: str, asked: ByHand, endpoint: CanDeploy) -> BreakerReport:
    """Open a breaker, which then only a hand closes, or close one, whose reasons count again once they were over."""
    known, now_us = _known(symbol), _now_us()
    await run_in_threadpool(
        endpoint.watches.by_hand, known, opens=asked.action == "open", reason=asked.reason, now_us=now_us
    )
    return endpoint.watches.breaker(known, _now_us())


def _known(symbol: str) -> str:
    try:
        return instrument_of(symbol).symbol
    except DataError as error:
        raise HTTPException(404, str(error)) from error


def _now_us() -> int:
    return time_ns() // 1000
