"""The one shape of every error: `{"error": "what, where; what was expected, what was there"}`."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketState

from ticklake_assets.core.errors import MissingDataError, SetupError, TicklakeError

_SHOWN = 200
"""Characters of a bad value that its error repeats."""
_FAILED, _AGAINST_RULES = 1011, 1008
_LONGEST_REASON = 123
"""Bytes that a close frame has for it."""
_MEANING = {
    400: "The request is no HTTP, or its body cannot be read",
    401: "There is no valid token",
    403: "The token has other scopes than the call needs; both are named",
    404: "There is no such thing: an unknown symbol, an impossible day, or nothing of it",
    408: "Head or body of the request did not come in time",
    409: "Another client has it, or it is older than what is there",
    413: "The body is too large",
    421: "Another process serves the symbol; the symbols of this one are named",
    422: "The content of the request is refused; the field, what was expected and what was there are named",
    429: "Too many requests or wrong tokens of this address; `Retry-After` says how many seconds to wait",
    500: "A fault of the endpoint; its log has the cause under the request's id",
    503: "This machine lacks something, or is full; the error says what",
}


class Refusal(BaseModel):
    """The answer to whatever is not done."""

    error: str = Field(
        description="What is refused and where, what was expected and what was there",
        examples=["Field 'seq': Expected 17, the next tick, was 12"],
    )


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How a call's errors of these kinds are documented: for `responses` of a route or a router."""
    return {status: {"model": Refusal, "description": _MEANING[status]} for status in statuses}


ANY_CALL = refusals(400, 408, 413, 500, 503)
"""What every call may be answered with."""
WITH_TOKEN = ANY_CALL | refusals(401, 403, 421, 422, 429)
"""The same for calls that ask for a token; 422 stands in the place of FastAPI's own shape of it."""


def refusal(status: int, error: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": error}, status, headers)


def answer_errors(app: FastAPI) -> None:
    """Give every error of the application the one shape; what nobody foresaw is `request_ids`' part."""
    app.add_exception_handler(TicklakeError, _refused)  # type: ignore[arg-type]  # of requests and of streams
    app.add_exception_handler(HTTPException, _http_error)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _misfit)
    app.add_exception_handler(ClientDisconnect, _gone)


async def nothing_there(scope: Scope, receive: Receive, send: Send) -> None:
    """The answer to an address that no route has, of a request or of a stream."""
    await refusal(404, f"There is no {scope['path'][:_SHOWN]}: /openapi.json lists the calls")(
        scope, receive, send
    )


async def _refused(asked: Request | WebSocket, error: Exception) -> JSONResponse | None:
    """What ticklake refuses is the caller's content (422), not there (404), or this machine's set-up (503)."""
    kinds = {SetupError: 503, MissingDataError: 404}
    status = next((kinds[kind] for kind in kinds if isinstance(error, kind)), 422)
    return await _told(asked, refusal(status, str(error)), str(error))


async def _http_error(asked: Request | WebSocket, error: Exception) -> JSONResponse | None:
    assert isinstance(error, HTTPException)
    answer = JSONResponse({"error": error.detail}, error.status_code, error.headers)
    return await _told(asked, answer, error.detail)


async def _told(asked: Request | WebSocket, answer: JSONResponse, error: str) -> JSONResponse | None:
    """A stream that is not open yet gets the same answer; an open one is closed with the error as the reason."""
    if not isinstance(asked, WebSocket):
        return answer
    if asked.application_state is WebSocketState.CONNECTING:
        await asked.send_denial_response(answer)
    elif asked.application_state is WebSocketState.CONNECTED:
        code = _FAILED if answer.status_code >= 500 else _AGAINST_RULES
        await asked.close(code, error.encode()[:_LONGEST_REASON].decode(errors="ignore"))
    return None


async def _misfit(_: Request, error: Exception) -> JSONResponse:
    """Name the first field that does not fit, as `query replace_newer` or `body ticks.0.bid`."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place, *fields = map(str, first["loc"])
    if first["type"] == "json_invalid":
        return refusal(
            422, f"{place}: Expected JSON, was none at character {fields[0]} ({first['ctx']['error']})"
        )
    where = " ".join(filter(None, [place, ".".join(fields)]))
    if first["type"] == "missing":
        return refusal(422, f"{where}: Expected a value, was absent")
    said = first["msg"].partition(", unable to")[0]
    expected = said.replace("Input should be", "Expected", 1) if said.startswith("Input should be") else said
    return refusal(422, f"{where}: {expected}, was {repr(first['input'])[:_SHOWN]}")


async def _gone(_: Request, __: Exception) -> Response:
    """Whoever sent half a body and left reads no answer."""
    return Response(status_code=400)
