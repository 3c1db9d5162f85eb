"""`python -m serving.pipeline --port 8760`"""

from __future__ import annotations

from typing import Annotated

import typer
import uvicorn

from serving.pipeline.app import create_app
from ticklake_assets.environment import take_environment
from ticklake_assets.settings import Settings


def main(port: Annotated[int, typer.Option(help="port to listen on; 0 takes a free one")] = 8760) -> None:
    """Serve the lifecycle pages until interrupted."""
    take_environment()
    uvicorn.run(create_app(Settings()), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    typer.run(main)
