"""The pages as a server: where it may listen, and how long it lives."""

from __future__ import annotations

import uvicorn

from serving.endpoint.access.connections import Connections
from serving.endpoint.access.limits import Limits
from serving.endpoint.access.listening import Listening, is_loopback
from serving.endpoint.access.open_files import make_room
from serving.endpoint.access.protocols import protocols
from serving.pipeline.access.behind_proxy import BehindProxy
from serving.pipeline.access.people import People
from serving.pipeline.app import create_app
from serving.pipeline.living import Looked, end_when_idle, sole_process
from ticklake_assets.core.errors import SetupError
from ticklake_assets.settings import Settings

_STREAMS_END_S = 2
"""Streams never end by themselves: so long are they waited for."""
_LIMITS = Limits(connections=512, requests_s=100.0, head_s=10.0)
"""A browser holds six, one a stream among them."""


def serve(settings: Settings, host: str, port: int, idle_s: float = 0.0) -> None:
    """Serve until SIGINT or SIGTERM, or until nobody looked for so long.

    SetupError where another process serves this home, or where it may not listen at the host.
    """
    listening = Listening.of_pages(settings, host)
    if not (is_loopback(host) or settings.pages_oidc_issuer or People(settings.pages_home).all()):
        raise SetupError(
            f"Expected people who may sign in before these pages listen at {host!r}, was nobody: "
            "`ticklake pages user add NAME --role see`, or TICKLAKE_PAGES_OIDC_ISSUER"
        )
    make_room(_LIMITS.connections)
    app = create_app(settings)
    http, stream = protocols(Connections(_LIMITS, listening.proxies, lambda _: True))
    looked = Looked(app)
    config = uvicorn.Config(
        BehindProxy(looked, listening.proxies) if listening.proxies else looked,
        port=port,
        http=http,
        ws=stream,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_STREAMS_END_S,
        **listening.for_uvicorn(_LIMITS.head_s) | {"proxy_headers": False},
    )
    server = uvicorn.Server(config)
    # A host like 0.0.0.0 is nobody's address: people come by the one that is set.
    where = f"{listening.scheme}://{host}:{port}" if is_loopback(host) else settings.pages_url
    try:
        with sole_process(settings, where, idle_s):
            if idle_s:
                end_when_idle(settings, looked, idle_s, lambda: setattr(server, "should_exit", True))
            server.run()
    finally:
        app.state.access.close()
