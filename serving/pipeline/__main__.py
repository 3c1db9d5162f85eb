"""`python -m serving.pipeline --port 8760`"""

from __future__ import annotations

from typing import Annotated

import typer
import uvicorn

from serving.pipeline.app import create_app
from serving.pipeline.living import Looked, end_when_idle, sole_process
from ticklake_assets.core.errors import TicklakeError
from ticklake_assets.environment import take_environment
from ticklake_assets.settings import Settings

_STREAMS_END_S = 2
"""Streams never end by themselves: so long are they waited for."""


def main(
    port: Annotated[int, typer.Option(help="port to listen on")] = 8760,
    idle_s: Annotated[
        float, typer.Option(help="seconds without a request after which it ends; 0: never", min=0)
    ] = 0,
) -> None:
    """Serve the lifecycle pages until interrupted, or nobody looked for so long."""
    take_environment()
    settings = Settings()
    looked = Looked(create_app(settings))
    config = uvicorn.Config(
        looked,
        host="127.0.0.1",
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=_STREAMS_END_S,
    )
    server = uvicorn.Server(config)
    try:
        with sole_process(settings, f"http://127.0.0.1:{port}", idle_s):
            if idle_s:
                end_when_idle(settings, looked, idle_s, lambda: setattr(server, "should_exit", True))
            server.run()
    except TicklakeError as error:
        typer.echo(f"pages: {error}", err=True)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    typer.run(main)
