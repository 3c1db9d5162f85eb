"""A real endpoint on a free port of this machine, in a thread of the test."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from mt5_bridge.wire.client import EndpointClient
from serving.endpoint.access.owner_token import endpoint_token
from serving.endpoint.server import make_server
from ticklake_assets.settings import Settings
from ticklake_assets_tests.serving.deployments import make_deployment


@dataclass(frozen=True)
class RunningEndpoint:
    url: str
    settings: Settings
    server: uvicorn.Server
    thread: threading.Thread

    @property
    def token(self) -> str:
        return endpoint_token(self.settings.keys_dir)

    @property
    def client(self) -> EndpointClient:
        return EndpointClient(self.url, self.token)

    def get(self, path: str, token: str | None = None) -> httpx.Response:
        """With the owner's token, or another."""
        return httpx.get(self.url + path, headers=bearer(token or self.token), timeout=30)

    def push(self, deployment: bytes, token: str | None = None) -> httpx.Response:
        headers = bearer(token or self.token)
        return httpx.post(self.url + "/v1/bundles", content=deployment, headers=headers, timeout=30)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@contextmanager
def running_endpoint(
    home: Path, port: int = 0, host: str = "127.0.0.1", **more: Any
) -> Iterator[RunningEndpoint]:
    """Serve until the block ends, then shut down as on SIGTERM. `more` are settings."""
    settings = Settings(home=home, **more)
    server = make_server(settings, host, port)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 30
        while not server.started:
            assert thread.is_alive(), "the endpoint did not start"
            assert time.monotonic() < deadline, "the endpoint starts too slowly"
            time.sleep(0.01)
        bound = server.servers[0].sockets[0].getsockname()[1]
        yield RunningEndpoint(f"http://127.0.0.1:{bound}", settings, server, thread)
    finally:
        server.should_exit = True
        thread.join(30)


@contextmanager
def scored_endpoint(home: Path) -> Iterator[RunningEndpoint]:
    """The same with a live model of SYNEUR."""
    with running_endpoint(home) as endpoint:
        assert endpoint.push(make_deployment(endpoint.settings.keys_dir, "SYNEUR")).status_code == 201
        yield endpoint
