"""`WS /v1/stream/{symbol}/{trading_day}`: one tick a message, one answer a tick."""

from __future__ import annotations

from time import perf_counter_ns

from fastapi import APIRouter, HTTPException, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse

from serving.endpoint.access.scopes import authorised
from serving.endpoint.counters import Counters
from serving.endpoint.endpoint import requested_day
from serving.endpoint.live_session import LiveSession
from serving.endpoint.messages import error_answer
from ticklake_assets.core.errors import DataError, TransientError

router = APIRouter()


@router.websocket("/v1/stream/{symbol}/{trading_day}")
async def stream(websocket: WebSocket, symbol: str, trading_day: str) -> None:
    """Answer a day's ticks. Refusals (token, symbol, day, second client) come as plain HTTP answers."""
    try:
        endpoint, day = authorised(websocket, "score"), requested_day(symbol, trading_day)
        with endpoint.sessions.claim(day) as session:
            await websocket.accept()
            await _answer_all(websocket, session, endpoint.counters)
    except HTTPException as refusal:
        await _refuse(websocket, refusal.status_code, refusal.detail)
    except TransientError as busy:
        await _refuse(websocket, 409, str(busy))


async def _answer_all(websocket: WebSocket, session: LiveSession, counters: Counters) -> None:
    """Answer until the client leaves. A bad message gets an error and changes nothing."""
    while (message := await websocket.receive())["type"] != "websocket.disconnect":
        began = perf_counter_ns()
        text = message.get("text")
        try:
            if text is None:
                raise DataError("Message: Expected JSON text, was a binary frame")
            answer = session.answer(text)
            counters.latency.record(perf_counter_ns() - began)
        except DataError as error:
            counters.malformed += 1
            answer = error_answer(text or "", error)
        try:
            await websocket.send_text(answer.decode())
        except WebSocketDisconnect:
            return


async def _refuse(websocket: WebSocket, status: int, error: str) -> None:
    await websocket.send_denial_response(JSONResponse({"error": error}, status))
