"""uvicorn's protocols, with an end to what takes too long: uvicorn waits for ever for the rest of a request."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Response
from websockets.server import ServerProtocol

from serving.endpoint.access.connections import Connections
from serving.endpoint.request_ids import HEADER, new_request_id

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as HttpProtocol
else:  # httptools where it is installed, else h11: both have what is used here
    from uvicorn.protocols.http.auto import AutoHTTPProtocol as HttpProtocol

_TOKEN_ENDED = 1008
_RESTARTS = 1012


class _Watched(asyncio.Protocol):
    """What both kinds have in common."""

    register: ClassVar[Connections]
    is_stream: ClassVar[bool]
    transport: asyncio.Transport
    scope: Any
    client: tuple[str, int] | None
    unread_since: float | None = None
    """Since when the client does not read what it is sent."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.since = asyncio.get_running_loop().time()
        self.register.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.register.leave(self)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        self.unread_since = asyncio.get_running_loop().time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self.unread_since = None
        super().resume_writing()

    @property
    def address(self) -> str:
        return self.client[0] if self.client else ""

    @property
    def token_sha256(self) -> str | None:
        found: str | None = self.scope["state"].get("token_sha256") if getattr(self, "scope", None) else None
        return found

    @property
    def standing(self) -> tuple[bool, float]:
        return True, self.since

    def drop(self) -> None:
        self.transport.abort()

    def expire(self, now: float) -> None:
        if self.unread_since is not None and now - self.unread_since > self.register.limits.write_s:
            self.transport.abort()  # closing would wait until all is read

    def revoke(self) -> None:
        self.transport.close()


class HttpConnection(_Watched, HttpProtocol):
    """A connection before and between streams: a request's head and body have to come in time."""

    is_stream = False
    heard = False
    """Whether anything came since the last answer."""

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self.heard = True

    def on_response_complete(self) -> None:
        self.since, self.heard = asyncio.get_running_loop().time(), False
        super().on_response_complete()

    def handle_websocket_upgrade(self, *event: Any) -> None:
        if full := self.register.refuses_stream(self.address):
            self._answer(503, full)
            return
        self.register.leave(self)  # the stream's own protocol takes the place
        super().handle_websocket_upgrade(*event)

    def send_400_response(self, msg: str) -> None:
        self._answer(400, f"{msg} Expected HTTP/1.1")

    @property
    def standing(self) -> tuple[bool, float]:
        return self._waits_for_more is None, self.since

    def expire(self, now: float) -> None:
        super().expire(now)
        if (what := self._waits_for_more) is None or self.transport.is_closing():
            return
        limits = self.register.limits
        most = limits.head_s if what == "head" else limits.body_s
        if now - self.since <= most:
            return
        if self.heard and not (self.cycle and self.cycle.response_started and what == "body"):
            self._answer(408, f"The request's {what} came too slowly. Expected all of it within {most:g} s")
        else:
            self.transport.close()

    @property
    def _waits_for_more(self) -> str | None:
        """Which part of a request is still to come; None while one is answered."""
        if self.cycle is None or self.cycle.response_complete:
            return "head"
        return "body" if self.cycle.more_body else None

    def _answer(self, status: int, error: str) -> None:
        body = json.dumps({"error": error}).encode()
        head = [
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
            "content-type: application/json",
            f"content-length: {len(body)}",
            f"{HEADER.lower()}: {new_request_id()}",
            "connection: close",
        ]
        self.transport.write("\r\n".join([*head, "\r\n"]).encode() + body)
        self.transport.close()


class StreamConnection(_Watched, WebSocketsSansIOProtocol):
    """A stream: it may be silent as long as it answers pings, but it has to read, and to hold a valid token."""

    is_stream = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn = _Handshake(max_size=self.config.ws_max_size, logger=self.logger)

    def shutdown(self) -> None:
        """Let what was read be answered first: uvicorn would close at once, and throw those answers away."""
        if not self.handshake_complete or self.close_sent:
            super().shutdown()
            return
        self.stop_keepalive()
        self.transport.pause_reading()
        self.read_paused = True  # until all that was read is answered
        self.queue.put_nowait({"type": "websocket.disconnect", "code": _RESTARTS})

    def revoke(self) -> None:
        if self.handshake_complete and not self.close_sent:
            self.queue.put_nowait({"type": "websocket.disconnect", "code": _TOKEN_ENDED})
            self.conn.send_close(_TOKEN_ENDED, "the token is no longer valid")
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
        super().revoke()


class _Handshake(ServerProtocol):
    """A handshake that is none is refused in the one shape of errors. Messages are not compressed: ticks are short."""

    def reject(self, status: Any, text: str) -> Response:
        refused = super().reject(status, json.dumps({"error": text.strip()}))
        refused.headers[HEADER] = new_request_id()
        del refused.headers["Content-Type"]
        refused.headers["Content-Type"] = "application/json"
        return refused


def protocols(register: Connections) -> tuple[type[HttpConnection], type[StreamConnection]]:
    """The classes that uvicorn makes its connections of, with the register that they stand in."""
    http = type("HttpConnection", (HttpConnection,), {"register": register})
    stream = type("StreamConnection", (StreamConnection,), {"register": register})
    return http, stream
