"""Requests and bodies within their limits, before a route sees them."""

from __future__ import annotations

from math import ceil

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.endpoint.access.limits import Limits
from serving.endpoint.access.rate_limit import RateLimit
from serving.endpoint.refusals import refusal

_ALWAYS = {"/healthz", "/readyz"}
"""Whether the process lives is answered at any rate."""


class Limited:
    """ASGI middleware: 429 for an address that asks too often, 413 for a body that is too large."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits
        self._rate = RateLimit(limits.requests_s, max(limits.requests_s, 1))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["path"] in _ALWAYS:
            await self._app(scope, receive, send)
            return
        address = scope["client"][0] if scope["client"] else ""
        if wait := self._rate.take(address):
            error = f"Too many requests. Expected at most {self._limits.requests_s:g} a second, was more"
            await refusal(429, error, {"Retry-After": str(ceil(wait))})(scope, receive, send)
            return
        if scope["type"] == "http":
            most = self._limits.body_of(scope["path"])
            declared = Headers(scope=scope).get("content-length", "0")
            if declared.isdecimal() and int(declared) > most:
                await refusal(413, _too_large(most))(scope, receive, send)  # the server discards the body
                return
            receive = _counted(receive, most)
        await self._app(scope, receive, send)


def _counted(receive: Receive, most: int) -> Receive:
    """The same body; HTTPException once it is too large, whatever length was declared."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise HTTPException(413, _too_large(most))
        return message

    return counted


def _too_large(most: int) -> str:
    return f"The body is too large. Expected at most {most} bytes"
