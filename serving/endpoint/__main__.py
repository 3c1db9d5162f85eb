"""`python -m serving.endpoint --port 8750`"""

from __future__ import annotations

from typing import Annotated

import typer

from serving.endpoint.server import make_server
from ticklake_assets.settings import Settings


def main(
    port: Annotated[int, typer.Option(help="port to listen on; 0 takes a free one")] = 8750,
    host: Annotated[
        str, typer.Option(help="address to listen on; the default is this machine only")
    ] = "127.0.0.1",
) -> None:
    """Serve the live endpoint until it is interrupted."""
    settings = Settings()
    try:
        server = make_server(settings, host, port)
    except OSError as error:
        typer.echo(f"endpoint: {settings.refusal(error)}", err=True)
        raise typer.Exit(1) from error
    server.run()


if __name__ == "__main__":
    typer.run(main)
