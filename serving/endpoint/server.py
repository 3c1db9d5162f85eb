"""Run the endpoint as a server of its own."""

from __future__ import annotations

import logging
from copy import deepcopy
from typing import Any

import uvicorn
from uvicorn.config import LOGGING_CONFIG

from serving.endpoint.app import create_app
from ticklake_assets.settings import Settings

_LARGEST_MESSAGE = 4 * 1024 * 1024
"""Bytes of a stream message; a tick of a batch has about 60, a single one 120."""


class NotARefusedStream(logging.Filter):
    """Drop the error that uvicorn 0.54 logs after every refused stream, as if the refusal were no answer."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.getMessage() != "ASGI callable returned without completing handshake."


def make_server(settings: Settings, host: str, port: int) -> uvicorn.Server:
    """One process, one loop: a day's ticks must be handled in their order. Port 0 takes a free one.

    `run()` serves until SIGINT or SIGTERM, then closes streams and journals. OSError where a folder cannot be used.
    """
    return uvicorn.Server(
        uvicorn.Config(
            create_app(settings),
            host=host,
            port=port,
            ws="websockets-sansio",  # the default speaks through an interface that websockets has deprecated
            ws_max_size=_LARGEST_MESSAGE,
            ws_per_message_deflate=False,  # costs more than a tick is worth
            access_log=False,
            log_config=_log_config(),
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=5,
        )
    )


def _log_config() -> dict[str, Any]:
    config = deepcopy(LOGGING_CONFIG)
    config["filters"] = {"refused": {"()": NotARefusedStream}}
    config["loggers"]["uvicorn.error"]["filters"] = ["refused"]
    return config
