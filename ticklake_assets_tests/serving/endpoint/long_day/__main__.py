"""`python -m ticklake_assets_tests.serving.endpoint.long_day --speed 400`: the proof of a whole day, as JSON lines."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from ticklake_assets_tests.serving.endpoint.long_day.audit import audit
from ticklake_assets_tests.serving.endpoint.long_day.market import Span
from ticklake_assets_tests.serving.endpoint.long_day.run import Plan, run_day

WHOLE_DAY, BLOWN_HOUR = Span.of(22, 46), Span.of(34, 35)


def main(
    speed: Annotated[
        float, typer.Option(help="market seconds a second; 400 takes 4 minutes, 20 takes 72", min=1)
    ] = 400,
    kills: Annotated[int, typer.Option(help="how often the endpoint is killed", min=1)] = 8,
) -> None:
    """Stream 24 hours of 5 symbols to an endpoint that is killed; exit code 1 where anything is lost."""
    with tempfile.TemporaryDirectory(prefix="ticklake-proof-") as folder:
        day = run_day(Path(folder), Plan(WHOLE_DAY, BLOWN_HOUR, speed, kills))
        for line in audit(day, Path(folder)):
            typer.echo(json.dumps(line))


if __name__ == "__main__":
    typer.run(main)
