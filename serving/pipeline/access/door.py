"""The door before every page: whose call it is, whether it comes from our own pages, and what the answer may do."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.datastructures import MutableHeaders

from serving.endpoint.access.rate_limit import RateLimit
from serving.pipeline.access.bodies import MOST_BYTES, TOO_LARGE, limited
from serving.pipeline.access.headers import ALWAYS, NOT_STORED, OVER_TLS, STORED
from serving.pipeline.access.own_address import SAFE, called_host, is_sign_in, own_hosts
from serving.pipeline.access.sessions import Sessions
from serving.pipeline.refusals import API, refusal
from ticklake_assets.core.errors import TicklakeError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "ticklake_session"
_CALLS_S, _CALLS_AT_ONCE = 100.0, 400.0
"""Requests a second of one address: twenty browsers behind one proxy stay below."""
_FAULT = "The pages have a fault of their own. Expected an answer, was none: the program's log has the trace"


class Door:
    """ASGI middleware. Of a call that it lets through, `request.state` has `person` and `csrf_token`."""

    def __init__(
        self, app: ASGIApp, sessions: Sessions, pages_url: str, calls: RateLimit | None = None
    ) -> None:
        self._app, self._sessions = app, sessions
        self._hosts = own_hosts(pages_url)
        self._calls = calls or RateLimit(_CALLS_S, _CALLS_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        is_static = scope["path"].startswith("/static/")
        has_begun = False

        async def with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = MutableHeaders(scope=message)
                headers.update(ALWAYS | (OVER_TLS if scope["scheme"] == "https" else {}))
                headers.setdefault("cache-control", STORED if is_static else NOT_STORED)
            await send(message)

        try:
            refused = self._refused(request) or (None if is_static else self._admitted(request))
            await (refused or self._app)(scope, limited(receive), with_headers)
        except TicklakeError as error:  # sessions or people cannot be read
            await refusal(request, 503, str(error))(scope, receive, with_headers)
        except Exception:
            if not has_begun:  # the server's own answer to a fault would have none of the headers
                await refusal(request, 500, _FAULT)(scope, receive, with_headers)
            raise

    def _refused(self, request: Request) -> Response | None:
        """A call by a name that is not ours comes from a page whose name was led here: DNS rebinding."""
        if called_host(request.scope) not in self._hosts:
            said = ", ".join(request.headers.getlist("host")) or "none"
            expected = f"Expected a call to {' or '.join(sorted(self._hosts))}, was {said!r}"
            return _said(request, 421, f"{expected}: TICKLAKE_PAGES_URL says under which name people come")
        address = request.client.host if request.client else ""
        if wait := self._calls.take(address):
            after = {"Retry-After": str(ceil(wait))}
            return _said(request, 429, "Too many calls of this address: wait a moment", after)
        declared = request.headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > MOST_BYTES:
            return _said(request, 413, TOO_LARGE)
        return None

    def _admitted(self, request: Request) -> Response | None:
        session = self._sessions.find(request.cookies.get(session_cookie(request), ""))
        if session is not None:
            request.state.person, request.state.csrf_token = session.person, session.csrf
            return None
        request.state.person, request.state.csrf_token = None, ""
        if request.scope["path"] == "/healthz" or is_sign_in(request.scope["path"]):
            return None
        return _to_sign_in(request)


def session_cookie(request: Request) -> str:
    """Its name; over TLS one that a browser takes from this host alone, and never from plain http."""
    return f"__Host-{COOKIE}" if request.scope["scheme"] == "https" else COOKIE


def _said(request: Request, status: int, problem: str, headers: dict[str, str] | None = None) -> Response:
    """Without a page around it: strangers and floods are answered so."""
    if request.scope["path"].startswith(API):
        return JSONResponse({"error": problem}, status, headers)
    return PlainTextResponse(problem, status, headers)


def _to_sign_in(request: Request) -> Response:
    if request.scope["path"].startswith(API):
        return _said(request, 401, "Expected a signed-in person's session, was none: open /enter")
    back = request.scope["path"] + (f"?{request.url.query}" if request.url.query else "")
    there = f"/enter?next={quote(back if request.method in SAFE else '/', safe='')}"
    if request.headers.get("HX-Request"):
        return Response(status_code=401, headers={"HX-Redirect": there})
    return RedirectResponse(there, 303)
