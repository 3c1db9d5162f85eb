"""`WS` and server-sent events at `/v1/signals/{symbol}`: signals for those who only read, each once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, HTTPException, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse, StreamingResponse

from serving.endpoint.access.scopes import CanRead, authorised
from serving.endpoint.endpoint import Endpoint
from serving.endpoint.feed.live_day import BACK_FILLED
from serving.endpoint.feed.signal_hub import Published, event_id
from serving.endpoint.refusals import refusals
from serving.endpoint.routers.closing import RESTARTS, close_as_stopping
from ticklake_assets.core.errors import DataError
from ticklake_assets.core.instruments import instrument_of

router = APIRouter()
_KEPT_ALIVE_S = 15.0
_TRY_AGAIN_LATER = 1013
_ID = re.compile(r"\d{4}-\d{2}-\d{2}(\.\d{4,}\.\d{9,})?", re.ASCII)
"""Of a signal; a day alone is before all of its signals."""
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}
}


@router.get("/v1/signals/{symbol}", response_class=StreamingResponse, responses=_EVENTS | refusals(404))
async def signal_events(
    symbol: str,
    endpoint: CanRead,
    after: str | None = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """Send a symbol's signals as server-sent events, as they are made; `id` names one, `data` is the signal.

    `after` or the header `Last-Event-ID` asks for the ones since that id first, from the journal.
    """
    known = _known(symbol, after or last_event_id)

    async def events() -> AsyncIterator[bytes]:
        yield b": signals of " + known[0].encode() + b"\n\n"
        async for published in _signals(endpoint, *known):
            if published is None:
                yield b": still here\n\n"
            else:
                data = orjson.dumps(published.signal)
                yield b"id: " + published.event_id.encode() + b"\nevent: signal\ndata: " + data + b"\n\n"

    return StreamingResponse(events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


@router.websocket("/v1/signals/{symbol}")
async def signal_stream(websocket: WebSocket, symbol: str, after: str | None = None) -> None:
    """The same as messages `{"type": "signal", "id", "signal"}`; closed with 1013 where the reader is too slow."""
    try:
        endpoint = authorised(websocket, "read")
        known = _known(symbol, after)
    except HTTPException as refusal:
        await websocket.send_denial_response(JSONResponse({"error": refusal.detail}, refusal.status_code))
        return
    await websocket.accept()
    sending = asyncio.ensure_future(_send_all(websocket, endpoint, *known))
    leaving = asyncio.ensure_future(_until_left(websocket))
    try:
        await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            sending.result()  # a journal that cannot be read ends the connection, which else would be silent for good
            await leaving
        elif leaving.result() == RESTARTS and endpoint.sessions.desk.hub.is_closed:
            await sending  # what waits is sent, then the stream is closed
    finally:
        sending.cancel()
        leaving.cancel()


async def _until_left(websocket: WebSocket) -> int | None:
    """Wait for the reader to go, or the server to stop; the code that says which."""
    while (message := await websocket.receive())["type"] != "websocket.disconnect":
        pass  # a reader has nothing to say
    code: int | None = message.get("code")
    return code


async def _send_all(websocket: WebSocket, endpoint: Endpoint, symbol: str, after: str) -> None:
    try:
        async for published in _signals(endpoint, symbol, after):
            if published is not None:
                told = {"type": "signal", "id": published.event_id, "signal": published.signal}
                await websocket.send_text(orjson.dumps(told).decode())
        if endpoint.sessions.desk.hub.is_closed:
            await close_as_stopping(websocket)
        else:
            await websocket.close(_TRY_AGAIN_LATER, "too slow: come back with the last id")
    except WebSocketDisconnect:
        return


async def _signals(endpoint: Endpoint, symbol: str, after: str) -> AsyncIterator[Published | None]:
    """Signals after an id, from the journal and then as they are made; None now and then while there is none."""
    hub = endpoint.sessions.desk.hub
    with endpoint.counters.connected("signals"), hub.subscribed(symbol) as queue:
        replayed: set[str] = set()
        if after:
            for published in await asyncio.to_thread(_journaled, endpoint, symbol, after):
                replayed.add(published.event_id)
                yield published
        while True:
            try:
                found = await asyncio.wait_for(queue.get(), _KEPT_ALIVE_S)
            except TimeoutError:
                yield None
                continue
            if found is None:
                return
            if found.event_id not in replayed:  # made while the journal was read
                yield found


def _journaled(endpoint: Endpoint, symbol: str, after: str) -> list[Published]:
    """Signals of the journals with ids after one, each signal once."""
    journals, found = endpoint.journals, []
    for day in journals.days(symbol, date.fromisoformat(after[:10])):
        said: set[str] = set()
        for stream in journals.streams(day):
            for batch in stream.batches:
                for signal, *_ in filter(None, batch.signals):
                    if batch.first_seq < 0 or BACK_FILLED in signal["abstain"]:
                        continue  # never told
                    named = event_id(day.trading_day.isoformat(), stream.path.stem, signal["seq"])
                    if signal["signal_id"] not in said and named > after:
                        found.append(Published(named, signal))
                    said.add(signal["signal_id"])
    return found


def _known(symbol: str, after: str | None) -> tuple[str, str]:
    """The symbol and the id after which signals are wanted; 404 and 422 where there is no such."""
    try:
        name = instrument_of(symbol).symbol
    except DataError as error:
        raise HTTPException(404, str(error)) from error
    try:
        if after:
            if not _ID.fullmatch(after):
                raise ValueError
            date.fromisoformat(after[:10])
    except ValueError:
        raise HTTPException(
            422, f"Expected an id like 2024-01-17.0001.0000000000000000532, was {after!r}"
        ) from None
    return name, after or ""
