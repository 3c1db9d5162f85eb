from __future__ import annotations

import asyncio
import logging
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, WebSocket
from starlette.types import Message

from serving.endpoint.refusals import answer_errors
from serving.endpoint.request_ids import HEADER, REQUEST_ID, RequestIds
from ticklake_assets.core.errors import SetupError


def _app() -> FastAPI:
    """An application with a fault in it, which the endpoint is not meant to have."""
    app = FastAPI()

    @app.get("/id")
    async def seen() -> str:
        return REQUEST_ID.get()

    @app.get("/fault")
    async def fault() -> None:
        raise RuntimeError("a secret of the inside")

    @app.websocket("/fault")
    async def faulty_stream(_: WebSocket) -> None:
        raise RuntimeError("a secret of the inside")

    @app.websocket("/late")
    async def late_fault(websocket: WebSocket) -> None:
        await websocket.accept()
        raise RuntimeError("a secret of the inside")

    @app.websocket("/refused")
    async def refused(websocket: WebSocket, *, after: bool = False) -> None:
        if after:
            await websocket.accept()
        raise SetupError("no disk")

    answer_errors(app)
    app.add_middleware(RequestIds)
    return app


def _get(path: str, **headers: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(_app()), base_url="http://x") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(ask())


def test_the_callers_id_is_kept_where_it_is_one() -> None:
    for given, kept in (
        ("abc-1.2_3", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("a b", False),
        ("", False),
    ):
        answer = _get("/id", **{HEADER: given})
        assert answer.json() == answer.headers[HEADER]
        assert (answer.headers[HEADER] == given) is kept
    assert _get("/id").headers[HEADER] != _get("/id").headers[HEADER]


def test_a_fault_says_its_request_and_nothing_of_the_inside(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = _get("/fault", **{HEADER: "mine"})
    assert answer.status_code == 500
    assert answer.json() == {"error": "The endpoint failed; its log has the cause under request mine"}
    assert answer.headers[HEADER] == "mine"
    assert "request mine failed: /fault" in caplog.text
    assert "a secret of the inside" in caplog.text


def _stream(path: str, query: bytes = b"") -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    scope: dict[str, Any] = {
        "type": "websocket", "path": path, "raw_path": path.encode(), "query_string": query, "subprotocols": [],
        "headers": [(b"x-request-id", b"mine")], "extensions": {"websocket.http.response": {}},
    }  # fmt: skip
    asyncio.run(_app()(scope, receive, send))
    return sent


_DENIED = ["websocket.http.response.start", "websocket.http.response.body"]


def test_a_fault_before_a_stream_is_the_same_answer() -> None:
    sent = _stream("/fault")
    assert [message["type"] for message in sent] == _DENIED
    assert (sent[0]["status"], dict(sent[0]["headers"])[b"x-request-id"]) == (500, b"mine")
    assert b"under request mine" in sent[1]["body"]


def test_a_fault_in_a_stream_closes_it_with_the_request() -> None:
    accepted, closed = _stream("/late")
    assert dict(accepted["headers"])[b"x-request-id"] == b"mine"
    reason = "The endpoint failed; its log has the cause under request mine"
    assert closed == {"type": "websocket.close", "code": 1011, "reason": reason}


def test_what_is_refused_of_a_stream_is_said_before_and_in_it() -> None:
    before = _stream("/refused")
    assert [message["type"] for message in before] == _DENIED
    assert (before[0]["status"], before[1]["body"]) == (503, b'{"error":"no disk"}')
    _, closed = _stream("/refused", b"after=true")
    assert closed == {"type": "websocket.close", "code": 1011, "reason": "no disk"}
