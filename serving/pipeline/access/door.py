"""The door before every page: whose call it is, whether it comes from our own pages, and what the answer may do."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.datastructures import MutableHeaders

from serving.endpoint.access.rate_limit import RateLimit
from serving.pipeline.access.headers import ALWAYS, NOT_STORED, OVER_TLS, STORED
from serving.pipeline.access.sessions import Sessions

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "ticklake_session"
_OPEN = ("/static/", "/enter", "/healthz")
"""Where nobody needs to be signed in."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_CALLS_S, _CALLS_AT_ONCE = 100.0, 400.0
"""Requests a second of one address: twenty browsers behind one proxy stay below."""


class Door:
    """ASGI middleware. Of a call that it lets through, `request.state` has `person` and `csrf_token`."""

    def __init__(
        self, app: ASGIApp, sessions: Sessions, pages_url: str, calls: RateLimit | None = None
    ) -> None:
        self._app, self._sessions = app, sessions
        self._hosts = {"127.0.0.1", "localhost", "::1", urlsplit(pages_url).hostname}
        self._calls = calls or RateLimit(_CALLS_S, _CALLS_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        is_static = request.url.path.startswith("/static/")

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(ALWAYS | (OVER_TLS if scope["scheme"] == "https" else {}))
                headers.setdefault("cache-control", STORED if is_static else NOT_STORED)
            await send(message)

        refused = self._refused(request) or (None if is_static else self._admitted(request))
        await (refused or self._app)(scope, receive, with_headers)

    def _refused(self, request: Request) -> Response | None:
        """A call by a name that is not ours comes from a page whose name was led here: DNS rebinding."""
        if request.url.hostname not in self._hosts:
            return PlainTextResponse(
                f"Expected a call to {' or '.join(sorted(filter(None, self._hosts)))}, was {request.url.hostname!r}: "
                "TICKLAKE_PAGES_URL says under which name people come",
                421,
            )
        address = request.client.host if request.client else ""
        if wait := self._calls.take(address):
            return PlainTextResponse(
                "Too many calls of this address: wait a moment", 429, {"Retry-After": str(ceil(wait))}
            )
        return None

    def _admitted(self, request: Request) -> Response | None:
        session = self._sessions.find(request.cookies.get(COOKIE, ""))
        if session is not None:
            request.state.person, request.state.csrf_token = session.person, session.csrf
            return None
        request.state.person, request.state.csrf_token = None, ""
        if request.url.path.startswith(_OPEN):
            return None
        return _to_sign_in(request)


def _to_sign_in(request: Request) -> Response:
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": "Expected a signed-in person's session, was none: open /enter"}, 401)
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    there = f"/enter?next={quote(back if request.method in _SAFE else '/', safe='')}"
    if request.headers.get("HX-Request"):
        return Response(status_code=401, headers={"HX-Redirect": there})
    return RedirectResponse(there, 303)


async def expect_own_page(request: Request) -> None:
    """A dependency of the whole app: what changes something comes from a page of ours, and says its session's token.

    HTTPException 403 else.
    """
    if request.method in _SAFE:
        return
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if (origin and urlsplit(origin).netloc != request.headers.get("host")) or site not in (
        None,
        "same-origin",
        "none",
    ):
        raise HTTPException(403, "Expected a form of these pages, was one of another site")
    if request.url.path.startswith("/enter"):
        return  # nobody is signed in yet
    given = request.headers.get("x-csrf-token") or str((await request.form()).get("csrf", ""))
    expected = request.state.csrf_token
    if not expected or given != expected:
        raise HTTPException(403, "Expected the form of this session, was an older one: open the page again")
