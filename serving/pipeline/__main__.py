"""`python -m serving.pipeline --port 8760`"""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

import typer

from serving.pipeline.server import serve
from ticklake_assets.core.errors import TicklakeError
from ticklake_assets.environment import take_environment
from ticklake_assets.settings import Settings


def main(
    port: Annotated[int, typer.Option(help="port to listen on")] = 8760,
    host: Annotated[
        str, typer.Option(help="address to listen on; beyond this machine only with people and TLS")
    ] = "127.0.0.1",
    idle_s: Annotated[
        float, typer.Option(help="seconds without a request after which it ends; 0: never", min=0)
    ] = 0,
) -> None:
    """Serve the lifecycle pages until interrupted, or nobody looked for so long."""
    take_environment()
    settings = Settings()
    try:
        with suppress(KeyboardInterrupt):
            serve(settings, host, port, idle_s)
    except OSError as error:
        typer.echo(f"pages: {settings.refusal(error)}", err=True)
        raise typer.Exit(1) from error
    except TicklakeError as error:
        typer.echo(f"pages: {error}", err=True)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    typer.run(main)
