"""Run the endpoint as a server of its own."""

from __future__ import annotations

import logging
import socket

import uvicorn

from serving.endpoint.access.connections import Connections
from serving.endpoint.access.limits import Limits
from serving.endpoint.access.listening import Listening
from serving.endpoint.access.open_files import make_room
from serving.endpoint.access.protocols import protocols
from serving.endpoint.app import create_app
from serving.endpoint.feed.signal_hub import SignalHub
from ticklake_assets.settings import Settings


def not_a_refused_stream(record: logging.LogRecord) -> bool:
    """Drop the error that uvicorn 0.54 logs after every refused stream, as if the refusal were no answer."""
    return record.getMessage() != "ASGI callable returned without completing handshake."


class _Server(uvicorn.Server):
    """Stops in order: what was read is answered, readers of signals are told, journals are made durable."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        hub: SignalHub = self.config.app.state.endpoint.sessions.desk.hub  # type: ignore[union-attr]
        hub.close()  # server-sent events would never end by themselves
        await super().shutdown(sockets)


def make_server(settings: Settings, host: str, port: int) -> uvicorn.Server:
    """One process, one loop: a day's ticks must be handled in their order. Port 0 takes a free one.

    `run()` serves until SIGINT or SIGTERM, then closes streams and journals. OSError where a folder cannot be used,
    SetupError where it may not listen at the host, or not have so many connections.
    """
    listening, limits = Listening.of(settings, host), Limits.of(settings)
    make_room(limits.connections)
    app = create_app(settings)
    connections = Connections(limits, listening.proxies, app.state.endpoint.gate.still_admits)
    app.state.connections = connections  # for who counts them
    http, stream = protocols(connections)
    logging.getLogger("uvicorn.error").addFilter(not_a_refused_stream)
    return _Server(
        uvicorn.Config(
            app,
            port=port,
            http=http,
            ws=stream,
            ws_max_size=limits.message,
            ws_per_message_deflate=False,  # costs more than a tick is worth
            access_log=False,
            log_config=None,  # whoever runs it decides: telemetry.logs
            server_header=False,
            timeout_graceful_shutdown=5,
            **listening.for_uvicorn(limits.head_s),
        )
    )
