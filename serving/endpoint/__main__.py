"""`python -m serving.endpoint --port 8750`"""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from serving.endpoint.server import make_server
from serving.endpoint.telemetry.logs import logs_to
from ticklake_assets.core.errors import TicklakeError
from ticklake_assets.settings import Settings


def main(
    port: Annotated[int, typer.Option(help="port to listen on; 0 takes a free one")] = 8750,
    host: Annotated[
        str,
        typer.Option(help="address to listen on; beyond this machine only with TLS, its own or a proxy's"),
    ] = "127.0.0.1",
    tls_cert: Annotated[
        Path | None, typer.Option(help="PEM certificate with its chain; default: TICKLAKE_ENDPOINT_TLS_CERT")
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(help="its PEM key; default: TICKLAKE_ENDPOINT_TLS_KEY")
    ] = None,
    behind_proxy: Annotated[
        str,
        typer.Option(
            help="addresses or networks of the proxies with TLS before it, with commas between; "
            "default: TICKLAKE_ENDPOINT_BEHIND_PROXY"
        ),
    ] = "",
    symbols: Annotated[
        str,
        typer.Option(
            help="the only symbols to serve, with commas; default: TICKLAKE_ENDPOINT_SYMBOLS, or all"
        ),
    ] = "",
) -> None:
    """Serve the live endpoint until it is interrupted."""
    settings = Settings().listening(tls_cert, tls_key, behind_proxy, symbols)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the last lines of the log are written
    try:
        with logs_to(sys.stderr, settings.log_level), suppress(KeyboardInterrupt):
            make_server(settings, host, port).run()
    except OSError as error:
        typer.echo(f"endpoint: {settings.refusal(error)}", err=True)
        raise typer.Exit(1) from error
    except TicklakeError as error:
        typer.echo(f"endpoint: {error}", err=True)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    typer.run(main)
