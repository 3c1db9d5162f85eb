"""`ticklake endpoint`."""

from __future__ import annotations

import sys

from rich.console import Console

from serving.endpoint.server import make_server
from serving.endpoint.telemetry.logs import logs_to
from ticklake_assets.core.errors import SetupError
from ticklake_assets.loopback import is_listening
from ticklake_assets.settings import Settings


def serve(settings: Settings, host: str, port: int, console: Console) -> None:
    """Serve until Ctrl-C."""
    if is_listening(port):
        raise SetupError(f"Expected port {port} to be free for the endpoint, was taken: pass another --port")
    with logs_to(sys.stderr, settings.log_level):
        server = make_server(settings, host, port)
        scheme = "https" if settings.endpoint_tls_cert else "http"
        console.print(f"endpoint: {scheme}://{host}:{port}   (Ctrl-C stops it)")
        server.run()
