"""Server-sent events at `/v1/quotes/{symbol}`: the newest quote a few times a second, for who looks on.

It is thinned, so that one who looks costs the loop of the ticks next to nothing, however fast they come: the whole
feed is in the journal.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from time import time_ns
from typing import Any

import orjson
from fastapi import APIRouter, HTTPException
from fastapi.responses import StreamingResponse

from serving.endpoint.access.scopes import CanRead
from serving.endpoint.endpoint import Endpoint
from serving.endpoint.refusals import refusals
from ticklake_assets.core.errors import DataError
from ticklake_assets.core.instruments import instrument_of

router = APIRouter()
_EVERY_S = 0.2
_STILL_HERE = 5
"""Without a new quote every so manieth one is told all the same: its age grows."""
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}
}


@router.get("/v1/quotes/{symbol}", response_class=StreamingResponse, responses=_EVENTS | refusals(404))
async def newest_quotes(symbol: str, endpoint: CanRead) -> StreamingResponse:
    """Send a symbol's newest clean quote as server-sent events, at most 5 a second, at least 1.

    `data` has `ts_us`, `bid`, `ask` and `received_us` (null before the first tick), `day`, `now_us` by the endpoint's
    clock, and since `since_us`, its start: `ticks` by status and `signals`.
    """
    try:
        known = instrument_of(symbol).symbol
    except DataError as error:
        raise HTTPException(404, str(error)) from error
    return StreamingResponse(
        _quotes(endpoint, known), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


async def _quotes(endpoint: Endpoint, symbol: str) -> AsyncIterator[bytes]:
    hub, told, waited = endpoint.sessions.desk.hub, None, _STILL_HERE
    with endpoint.counters.connected("quotes"):
        while not hub.is_closed:
            watch = endpoint.watches.of(symbol)
            quote = watch and watch.quote
            waited += 1
            if quote is not told or waited >= _STILL_HERE:
                told, waited = quote, 0
                yield b"event: quote\ndata: " + orjson.dumps(_as_told(endpoint, symbol)) + b"\n\n"
            await asyncio.sleep(_EVERY_S)


def _as_told(endpoint: Endpoint, symbol: str) -> dict[str, Any]:
    watch, counted = endpoint.watches.of(symbol), endpoint.counters.symbols.get(symbol)
    ts_us, bid, ask = (watch and watch.quote) or (None, None, None)
    heard_us = watch.feed.last_received_us if watch else -1
    return {
        "ts_us": ts_us,
        "bid": bid,
        "ask": ask,
        "received_us": heard_us if heard_us >= 0 else None,
        "day": watch.day.trading_day.isoformat() if watch else None,
        "now_us": time_ns() // 1000,
        "since_us": endpoint.counters.since_us,
        "ticks": counted.ticks if counted else {},
        "signals": counted.signals.total() if counted else 0,
    }
