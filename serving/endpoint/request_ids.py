"""Each request has an id: in the header of its answer, for whoever logs, and in the error nobody foresaw."""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from contextvars import ContextVar
from secrets import token_hex

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.endpoint.refusals import refusal

HEADER = "X-Request-Id"
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request at work; empty outside of requests. A stream has one from its opening to its end."""
_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_BEGINS = {"http.response.start", "websocket.accept", "websocket.http.response.start"}
_LOG = logging.getLogger("ticklake.endpoint")


def new_request_id() -> str:
    return token_hex(8)


class RequestIds:
    """ASGI middleware: takes the caller's id where it is a sane one, and answers 500 in the one shape of errors."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if _SANE.fullmatch(given) else new_request_id()
        REQUEST_ID.set(request_id)
        structlog.contextvars.bind_contextvars(request_id=request_id)
        begun = False

        async def send_with_id(message: Message) -> None:
            nonlocal begun
            if not begun and message["type"] in _BEGINS:
                begun = True
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception:
            _LOG.exception("request %s failed: %s", request_id, scope["path"])
            error = f"The endpoint failed; its log has the cause under request {request_id}"
            if not begun:
                await refusal(500, error)(scope, receive, send_with_id)
            elif scope["type"] == "websocket":
                with suppress(OSError, RuntimeError):  # whoever left is told nothing
                    await send({"type": "websocket.close", "code": 1011, "reason": error})
            else:  # half an answer cannot become another: the server cuts the connection
                raise
