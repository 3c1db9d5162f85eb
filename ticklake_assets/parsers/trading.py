"""The way of an order back to raw bytes, and figures of the graph."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ticklake_assets.parsers.arguments import AsJson
from ticklake_assets.terminal import command_of, console

app = typer.Typer()
command = command_of(app, panel="Models and the endpoint")


@command
def why(
    name: Annotated[
        str,
        typer.Argument(
            help="an order's comment, a signal's id, a bundle's digest, a raw object, or a day, EURUSD/2024-01-15"
        ),
    ],
    journal: Annotated[
        list[Path] | None, typer.Option(help="a folder of bridge journals; may be repeated")
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help="read the raw bytes again and hash them")] = False,
    as_json: AsJson = False,
) -> None:
    """Follow an order back: signal, bundle, dataset, gold, clean, parquet, and the raw bytes with their sha256.

    Of a raw object or a day, what was made from it, like `affected-by`. Five lines say it, a tree has everything.
    """
    from ticklake_assets.commands.why import why as print_why
    from ticklake_assets.settings import Settings

    print_why(Settings(), name, journal or [], console, rehash=verify, as_json=as_json)


@command
def affected_by(
    key: Annotated[
        str, typer.Argument(help="a raw object, like raw/ticks/EURUSD/2024/01/EURUSD_2024-01-15.csv")
    ],
    as_json: AsJson = False,
) -> None:
    """List the datasets, models and signals that a raw object went into, and the signals that are of its day."""
    from ticklake_assets.commands.why import affected_by as print_affected
    from ticklake_assets.settings import Settings

    print_affected(Settings(), key, console, as_json=as_json)


@command_of(app, panel="Services")
def metrics(
    port: Annotated[int, typer.Option(help="port on 127.0.0.1", min=1, max=65535)] = 8760,
    alerts_token: Annotated[
        Path | None, typer.Option(help="file of the token with which Alertmanager may post; none: nobody may")
    ] = None,
) -> None:
    """Serve figures of runs, sensors, days, parity, databases and disks to Prometheus on 127.0.0.1 until Ctrl-C."""
    from ticklake_assets.commands.metrics import serve
    from ticklake_assets.settings import Settings

    serve(Settings(), port, alerts_token, console)
