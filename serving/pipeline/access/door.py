"""The door before every page: whose call it is, by which name it comes, and what the answer may do."""

from __future__ import annotations

import re
from math import ceil
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from fastapi import Request
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.datastructures import MutableHeaders

from serving.endpoint.access.limited import counted
from serving.endpoint.access.rate_limit import RateLimit
from serving.pipeline.access.headers import ALWAYS, NOT_STORED, OVER_TLS, STORED
from serving.pipeline.access.own_page import SAFE
from serving.pipeline.refusals import API, refusal
from ticklake_assets.core.errors import TicklakeError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from serving.pipeline.access.access import Access

_OPEN = ("/static/", "/enter", "/healthz")
"""Where nobody needs to be signed in."""
_CALLS_S, _CALLS_AT_ONCE = 100.0, 400.0
"""Requests a second of one address: twenty browsers behind one proxy stay below."""
LARGEST = 256 * 1024
"""Bytes of a form: the longest, a statement of the SQL box, has a few thousand."""
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")


class Door:
    """ASGI middleware. Of a call that it lets through, `request.state` has `person` and `csrf_token`."""

    def __init__(self, app: ASGIApp, access: Access, pages_url: str, calls: RateLimit | None = None) -> None:
        self._app, self._access = app, access
        self._hosts = {"127.0.0.1", "localhost", "::1", urlsplit(pages_url).hostname or "localhost"}
        self._calls = calls or RateLimit(_CALLS_S, _CALLS_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, has_begun = Request(scope), False
        is_static = request.url.path.startswith("/static/")

        async def with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = MutableHeaders(scope=message)
                headers.update(ALWAYS | (OVER_TLS if self._access.is_tls else {}))
                headers.setdefault("cache-control", STORED if is_static else NOT_STORED)
            await send(message)

        try:
            refused = self._refused(request) or (None if is_static else self._admitted(request))
            await (refused or self._app)(scope, counted(receive, LARGEST), with_headers)
        except TicklakeError as error:  # who is signed in cannot be read: the routes answer their own
            await refusal(request, 503, str(error))(scope, receive, with_headers)
        except Exception:  # the server logs it
            if not has_begun:
                said = "These pages made a mistake, which their log tells. Nothing else is known of it here"
                await refusal(request, 500, said)(scope, receive, with_headers)
            raise

    def _refused(self, request: Request) -> Response | None:
        """A call by a name that is not ours comes from a page whose name was led here: DNS rebinding."""
        if not self._is_ours(request.headers.getlist("host")):
            return _said(
                request,
                421,
                f"Expected a call to {' or '.join(sorted(self._hosts))}, was "
                f"{', '.join(request.headers.getlist('host')) or 'none'!r}: "
                "TICKLAKE_PAGES_URL says under which name people come",
            )
        address = request.client.host if request.client else ""
        if wait := self._calls.take(address):
            said = "Too many calls of this address: wait a moment"
            return _said(request, 429, said, {"Retry-After": str(ceil(wait))})
        declared = request.headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > LARGEST:
            return refusal(request, 413, f"The body is too large. Expected at most {LARGEST} bytes")
        return None

    def _is_ours(self, names: list[str]) -> bool:
        found = _HOST.fullmatch(names[0]) if len(names) == 1 else None
        return found is not None and found["name"].strip("[]").lower() in self._hosts

    def _admitted(self, request: Request) -> Response | None:
        session = self._access.sessions.find(request.cookies.get(self._access.cookie, ""))
        if session is not None:
            request.state.person, request.state.csrf_token = session.person, session.csrf
            return None
        request.state.person, request.state.csrf_token = None, ""
        if request.url.path.startswith(_OPEN):
            return None
        return _to_sign_in(request)


def _said(request: Request, status: int, problem: str, headers: dict[str, str] | None = None) -> Response:
    """Without a page around it: strangers and floods are answered so."""
    if request.url.path.startswith(API):
        return JSONResponse({"error": problem}, status, headers)
    return PlainTextResponse(problem, status, headers)


def _to_sign_in(request: Request) -> Response:
    if request.url.path.startswith(API):
        return _said(request, 401, "Expected a signed-in person's session, was none: open /enter")
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    there = f"/enter?next={quote(back if request.method in SAFE else '/', safe='')}"
    if request.headers.get("HX-Request"):
        return Response(status_code=401, headers={"HX-Redirect": there})
    return RedirectResponse(there, 303)
