"""`ticklake-bridge replay`."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated

import typer
from rich.console import Console

from mt5_bridge.commands.progress import progress
from mt5_bridge.commands.telling import read_token, table_of, told
from mt5_bridge.errors import SetupError
from mt5_bridge.trading.modes import Mode


def replay(
    csv: Annotated[Path, typer.Option(help="canonical raw CSV of the day", exists=True, dir_okay=False)],
    symbol: Annotated[str, typer.Option(help="instrument, like EURUSD")],
    trading_day: Annotated[
        datetime, typer.Option(help="UTC day", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")
    ],
    token_file: Annotated[Path, typer.Option(help="the endpoint's token", exists=True, dir_okay=False)],
    journal: Annotated[
        Path, typer.Option(help="folder of the journals; a rerun repeats no intent", file_okay=False)
    ],
    endpoint: Annotated[str, typer.Option(help="URL of the live endpoint")] = "http://127.0.0.1:8750",
    json_file: Annotated[
        Path | None, typer.Option("--json", help="write the summary there", dir_okay=False, writable=True)
    ] = None,
    mode: Annotated[Mode, typer.Option(help="what trades; only paper in this version")] = Mode.PAPER,
    trade_shadow: Annotated[
        bool,
        typer.Option(
            "--trade-shadow", help="trade signals of models that did not pass; on paper, to measure"
        ),
    ] = False,
) -> None:
    """Stream a recorded day through the endpoint tick by tick and trade it on paper."""
    errors = Console(stderr=True)
    day: date = trading_day.date()
    with told(errors):
        # Here, as their websockets come with the extra `bridge` alone, and `ticks` does without.
        from mt5_bridge.replay.replay import Replay, run_replay
        from mt5_bridge.wire.client import EndpointClient

        plan = Replay(csv, symbol, day, journal, mode, trade_shadow)
        if json_file is not None:
            _assert_writable(json_file)  # now, not after the whole day
        client = EndpointClient(endpoint, read_token(token_file))
        with progress(errors, f"{symbol} {day}") as advance:
            summary = run_replay(plan, client, advance)
        Console().print(table_of(summary.model_dump()))
        if json_file is not None:
            text = summary.model_dump_json(indent=2) + "\n"
            json_file.write_bytes(text.encode())  # the same bytes on Windows


def _assert_writable(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise SetupError(f"--json {path}: {error.strerror}. Expected a place that can be written") from error
