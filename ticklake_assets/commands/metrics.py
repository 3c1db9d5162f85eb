"""`ticklake metrics`: serves the graph's figures to Prometheus, and tells people what Alertmanager posts."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from pydantic import ValidationError
from rich.console import Console

from ticklake_assets.commands.alerts import Message, Posted
from ticklake_assets.commands.graph_figures import GraphFigures
from ticklake_assets.core.errors import SetupError
from ticklake_assets.loopback import is_listening
from ticklake_assets.notices import Notices
from ticklake_assets.settings import Settings

_LOG = logging.getLogger("ticklake.metrics")
_LARGEST = 1 << 20
"""Bytes of one post."""
_SILENCE_S = 10.0
"""After which somebody who says nothing is let go."""


def serve(settings: Settings, port: int, token: Path | None, console: Console) -> None:
    """Serve on 127.0.0.1 until Ctrl-C. Without a file of a token no alerts are taken."""
    if is_listening(port):
        raise SetupError(f"Expected port {port} to be free for the figures, was taken: pass another --port")
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    registry, stop = CollectorRegistry(), threading.Event()
    ProcessCollector(registry=registry)
    figures = GraphFigures(settings)
    registry.register(figures)
    threading.Thread(target=figures.count_days, args=[stop], daemon=True).start()
    notices = Notices.of(settings)

    def tell(message: Message) -> None:
        _LOG.warning("alert %s (%s): %s", *message)
        notices.notify(*message)

    with make_server(port, registry, token, tell) as server:
        console.print(f"metrics: http://127.0.0.1:{port}/metrics   (Ctrl-C stops it)")
        try:
            server.serve_forever()
        finally:
            stop.set()


def make_server(
    port: int, registry: CollectorRegistry, token: Path | None, tell: Callable[[Message], None]
) -> ThreadingHTTPServer:
    """GET /metrics and /healthz; POST /alerts by whoever shows the token, which is read at each post."""

    class Handler(BaseHTTPRequestHandler):
        timeout = _SILENCE_S

        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(200, generate_latest(registry), CONTENT_TYPE_LATEST)
            elif self.path == "/healthz":
                self._answer(200, b"ok\n")
            else:
                self._answer(404, b"Expected /metrics or /healthz\n")

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if self.path != "/alerts" or token is None:
                self._answer(404, b"Expected /alerts, and a token's file since the start\n")
            elif not secrets.compare_digest(
                self.headers.get("Authorization", "").encode(), f"Bearer {token.read_text().strip()}".encode()
            ):
                self._answer(401, b"Expected the token of alerts\n")
            elif not length.isdecimal() or int(length) > _LARGEST:
                self._answer(413, f"Expected at most {_LARGEST} bytes of a stated length\n".encode())
            else:
                self._take(self.rfile.read(int(length)))

        def _take(self, body: bytes) -> None:
            try:
                messages = Posted.model_validate_json(body).messages()
            except ValidationError as error:
                self._answer(
                    422, f"Expected a post of Alertmanager, was {error.errors()[0]['msg']}\n".encode()
                )
                return
            for message in messages:
                tell(message)
            self._answer(200, b"told\n")

        def _answer(self, status: int, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Say nothing: it is asked every few seconds."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)
