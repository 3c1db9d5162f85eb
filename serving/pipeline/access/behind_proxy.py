"""Behind a proxy that was named: nobody else is let in, and what the proxy says of a caller counts."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TYPE_CHECKING

from fastapi.responses import PlainTextResponse
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from serving.pipeline.access.headers import ALWAYS, NOT_STORED

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_SCHEME = b"x-forwarded-proto"
_HEADERS = ALWAYS | {"cache-control": NOT_STORED}


class BehindProxy:
    """ASGI middleware, the outermost. This machine may call past the proxy, in the clear, and is not believed.

    uvicorn's own would leave the app no way to tell a proxy's call from a stranger's.
    """

    def __init__(self, app: ASGIApp, proxies: Iterable[IPv4Network | IPv6Network]) -> None:
        self._app, self._proxies = app, tuple(proxies)
        self._believed = ProxyHeadersMiddleware(app, [str(each) for each in self._proxies])  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        peer = ip_address(scope["client"][0].partition("%")[0]) if scope.get("client") else None
        said = [value for name, value in scope["headers"] if name == _SCHEME]
        if peer is not None and any(peer in network for network in self._proxies):
            if said == [b"https"]:
                await self._believed(scope, receive, send)  # type: ignore[arg-type]  # uvicorn's own kind of scope
                return
            if said or not peer.is_loopback:
                was = b", ".join(said).decode("latin-1") or "none"
                refused = f"Expected X-Forwarded-Proto: https, set by the proxy, was {was!r}"
                await PlainTextResponse(refused, 403, _HEADERS)(scope, receive, send)
                return
        elif peer is None or not peer.is_loopback:
            refused = "Expected a call by the proxy that TICKLAKE_PAGES_BEHIND_PROXY names, was another"
            await PlainTextResponse(refused, 403, _HEADERS)(scope, receive, send)
            return
        await self._app(scope, receive, send)
