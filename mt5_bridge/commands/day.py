"""`ticklake-bridge day`."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mt5_bridge.attribution.documents import BridgeDay, record_name
from mt5_bridge.commands.configured import Config
from mt5_bridge.commands.telling import table_of, told
from mt5_bridge.config import read_config
from mt5_bridge.files import replace_file
from mt5_bridge.trading.modes import Mode


def day(
    symbol: Annotated[str, typer.Argument(metavar="SYMBOL", help="instrument of the configuration")],
    trading_day: Annotated[
        datetime,
        typer.Argument(metavar="YYYY-MM-DD", help="UTC day", formats=["%Y-%m-%d"]),
    ],
    config: Config,
    out: Annotated[
        Path | None,
        typer.Option(
            help="folder of the record, for `ops/attribution`; only a table without", file_okay=False
        ),
    ] = None,
) -> None:
    """Record a day that the bridge ran: signals heard, what became of them, fills, money, the terminal's quotes.

    It is read from the journal, which the bridge may be writing on, and from the terminal's history.
    """
    with told(Console(stderr=True)):
        from mt5_bridge.running.day_record import read_day_record
        from mt5_bridge.running.markets import open_market

        settings = read_config(config)
        opening = nullcontext() if settings.mode is Mode.PAPER else open_market(settings)
        with opening as market:
            record = read_day_record(settings, market, symbol, trading_day.date())
        if out is not None:
            path = out / record_name(record.symbol, record.trading_day)
            replace_file(path, record.model_dump_json(indent=1).encode() + b"\n")
            typer.echo(str(path))
        Console().print(table_of(_counts(record)))


def _counts(record: BridgeDay) -> dict[str, object]:
    fates: dict[str, int] = {}
    for heard in record.heard:
        fate = f"{heard.fate} {heard.reason}".strip()
        fates[fate] = fates.get(fate, 0) + 1
    positions = [heard.position for heard in record.heard if heard.position is not None]
    booked = [each.booked.money for each in positions if each.booked is not None]
    return {
        "account": f"{record.mode}, {record.account}",
        "signals heard that asked for an order": len(record.heard),
        "of these": fates or "none",
        "positions": len(positions),
        "booked": f"{sum(booked)} {record.currency}" if booked else "nothing",
    }
