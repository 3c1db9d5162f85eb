"""Run the endpoint as a server of its own."""

from __future__ import annotations

import logging

import uvicorn

from serving.endpoint.app import create_app
from ticklake_assets.settings import Settings

_LARGEST_MESSAGE = 4 * 1024 * 1024
"""Bytes of a stream message; a tick of a batch has about 60, a single one 120."""


def not_a_refused_stream(record: logging.LogRecord) -> bool:
    """Drop the error that uvicorn 0.54 logs after every refused stream, as if the refusal were no answer."""
    return record.getMessage() != "ASGI callable returned without completing handshake."


def make_server(settings: Settings, host: str, port: int) -> uvicorn.Server:
    """One process, one loop: a day's ticks must be handled in their order. Port 0 takes a free one.

    `run()` serves until SIGINT or SIGTERM, then closes streams and journals. OSError where a folder cannot be used.
    """
    logging.getLogger("uvicorn.error").addFilter(not_a_refused_stream)
    return uvicorn.Server(
        uvicorn.Config(
            create_app(settings),
            host=host,
            port=port,
            ws="websockets-sansio",  # the default speaks through an interface that websockets has deprecated
            ws_max_size=_LARGEST_MESSAGE,
            ws_per_message_deflate=False,  # costs more than a tick is worth
            access_log=False,
            log_config=None,  # whoever runs it decides: telemetry.logs
            server_header=False,
            timeout_graceful_shutdown=5,
        )
    )
