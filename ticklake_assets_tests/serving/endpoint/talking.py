"""The wire by hand, as any client would speak it."""

from __future__ import annotations

import json
from typing import Any

from websockets.sync.client import ClientConnection, connect

from ticklake_assets_tests.serving.running_endpoint import RunningEndpoint


def open_socket(endpoint: RunningEndpoint, path: str) -> ClientConnection:
    url = f"{endpoint.url.replace('http', 'ws')}{path}"
    headers = {"Authorization": f"Bearer {endpoint.token}"}
    return connect(
        url, additional_headers=headers, proxy=None, max_size=None, max_queue=None, compression=None
    )


def say(connection: ClientConnection, message: str | bytes | dict[str, Any]) -> dict[str, Any]:
    """Send a message and return the next one."""
    connection.send(json.dumps(message) if isinstance(message, dict) else message)
    return hear(connection)


def hear(connection: ClientConnection) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(connection.recv(timeout=30))
    return told
