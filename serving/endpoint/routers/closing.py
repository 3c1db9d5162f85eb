"""How a stream ends when the endpoint does."""

from __future__ import annotations

from fastapi import WebSocket

RESTARTS = 1012
"""RFC 6455's registry: the service restarts. The client comes back after a moment."""


async def close_as_stopping(websocket: WebSocket) -> None:
    await websocket.close(RESTARTS, "the endpoint stops: come back and resume")
