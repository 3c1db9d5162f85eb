"""`WS /v1/stream/{symbol}/{trading_day}`: ticks in, signals out, over midnights and lost connections."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, HTTPException, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse

from serving.endpoint.access.scopes import authorised
from serving.endpoint.endpoint import requested_day
from serving.endpoint.feed import answers
from serving.endpoint.feed.live_session import LiveSession
from serving.endpoint.feed.messages import seq_of
from serving.endpoint.journal.room import JournalFullError
from serving.endpoint.routers.closing import RESTARTS, close_as_stopping
from serving.endpoint.telemetry.counters import Counters
from ticklake_assets.core.errors import DataError, TransientError

router = APIRouter()
_TRY_AGAIN_LATER = 1013
"""RFC 6455 and its registry: the server is overloaded or lacks something for a while."""
_MOST_UNACKNOWLEDGED = 256
"""Single ticks of a pipelined client that one acknowledgement covers."""
_ACKNOWLEDGED_AFTER_S = 0.002


@router.websocket("/v1/stream/{symbol}/{trading_day}")
async def stream(websocket: WebSocket, symbol: str, trading_day: str) -> None:
    """Answer a feed's ticks. Refusals (token, symbol, day, second client) come as plain HTTP answers."""
    try:
        endpoint, day = authorised(websocket, "score"), requested_day(symbol, trading_day)
        with endpoint.sessions.claim(day) as session:
            await websocket.accept()
            with endpoint.counters.connected("stream"):
                await Conversation(websocket, session, endpoint.counters).run()
    except HTTPException as refusal:
        await _refuse(websocket, refusal.status_code, refusal.detail)
    except TransientError as busy:
        await _refuse(websocket, 409, str(busy))


class Conversation:
    """One connection: each message has its answer, but for single ticks of a pipelined client.

    These are acknowledged together: at once where there is something to say, else after so many or a moment later.
    """

    def __init__(self, websocket: WebSocket, session: LiveSession, counters: Counters) -> None:
        self._websocket = websocket
        self._session = session
        self._counters = counters
        self._unacknowledged: int | None = None
        self._waiting = 0
        self._timer: asyncio.TimerHandle | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Answer until the client leaves. A bad message gets an error and changes nothing."""
        try:
            while (message := await self._websocket.receive())["type"] != "websocket.disconnect":
                await self._answer(message.get("text"))
            if message.get("code") == RESTARTS:
                await self._acknowledge()
                await close_as_stopping(self._websocket)
        except WebSocketDisconnect:
            return
        finally:
            if self._timer is not None:
                self._timer.cancel()

    async def _answer(self, text: str | None) -> None:
        try:
            if text is None:
                raise DataError("Message: Expected JSON text, was a binary frame")
            said = await self._session.answer(text)
        except (DataError, TransientError, OSError) as error:
            await self._say_error(text or "", error)
        else:
            if said.acknowledges is None:
                await self._send(said.text)
            else:
                await self._acknowledge_later(said.acknowledges)

    async def _say_error(self, text: str, error: Exception) -> None:
        told, seq = str(error), seq_of(text)
        if isinstance(error, OSError):
            told = f"The ticks cannot be remembered: {error.strerror}. Expected a journal that can be written"
        self._counters.malformed += 1
        await self._acknowledge()
        await self._send(answers.error(told, seq))
        if isinstance(error, (JournalFullError, OSError)):
            await self._websocket.close(_TRY_AGAIN_LATER, "the journal is full or cannot be written")

    async def _acknowledge_later(self, seq: int) -> None:
        self._unacknowledged = seq
        self._waiting += 1
        if self._waiting >= _MOST_UNACKNOWLEDGED:
            await self._acknowledge()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_ACKNOWLEDGED_AFTER_S, self._due)

    def _due(self) -> None:
        self._timer = None
        task = asyncio.ensure_future(self._acknowledge())
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _acknowledge(self) -> None:
        if self._unacknowledged is not None:
            await self._send(answers.acknowledged(self._unacknowledged))

    async def _send(self, answer: bytes) -> None:
        """Send an answer; it acknowledges everything before, so nothing waits any more."""
        self._unacknowledged, self._waiting = None, 0
        async with self._turn:  # a client that reads slowly must not see a later answer first
            await self._websocket.send_text(answer.decode())


async def _refuse(websocket: WebSocket, status: int, error: str) -> None:
    await websocket.send_denial_response(JSONResponse({"error": error}, status))
