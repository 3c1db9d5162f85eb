"""`ticklake-bridge ticks`."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from mt5_bridge.commands.telling import table_of, told
from mt5_bridge.terminal.package import load_mt5, running_terminal
from mt5_bridge.ticks.broker_clock import MOST_BROKERS, BrokerClock
from mt5_bridge.ticks.day_file import day_path, publish_day, render_day
from mt5_bridge.ticks.history import DayTicks, fetch_day

BrokerSymbol = Annotated[
    str | None, typer.Option(help="the broker's name of it, like EURUSD.m", show_default="SYMBOL")
]
Zone = Annotated[str, typer.Option(help="clock of the broker's server: a zone, one plus hours, or utc")]


def ticks(
    symbol: Annotated[str, typer.Option(help="instrument, like EURUSD: the file is named after it")],
    trading_day: Annotated[
        datetime, typer.Option(help="UTC day, over", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")
    ],
    out: Annotated[Path, typer.Option(help="folder of the CSV; no file in it is replaced", file_okay=False)],
    broker_symbol: BrokerSymbol = None,
    zone: Zone = MOST_BROKERS,
) -> None:
    """Fetch a day's ticks from a running MetaTrader 5 terminal (Windows) as a canonical raw CSV.

    They are the broker's quotes, without sizes, for `replay` and for `ticklake land --ticks`.
    """
    day: date = trading_day.date()
    with told(Console(stderr=True)):
        path = day_path(out, symbol, day)
        clock = BrokerClock.parse(zone)
        mt5 = load_mt5()
        with running_terminal(mt5):
            fetched = fetch_day(mt5, broker_symbol or symbol, day, clock, datetime.now(UTC))
        is_new = publish_day(path, render_day(fetched.ticks, fetched.digits))
    typer.echo(f"{path}: {'written' if is_new else 'was there with the same bytes'}")
    Console().print(table_of(_facts(fetched, clock, zone)))


def _facts(day: DayTicks, clock: BrokerClock, zone: str) -> dict[str, Any]:
    first, last = day.moment(0), day.moment(-1)
    offsets = dict.fromkeys(str(clock.offset(moment)) for moment in (first, last))
    return {
        "ticks": len(day.ticks),
        "first": first,
        "last": last,
        "with an unchanged side, taken from before": day.carried,
        "without a bid or an ask, which stays empty": day.incomplete,
        "in an hour that the clock repeats or skips": day.unsettled,
        "around the day, left out": day.left_out,
        "broker clock": f"{zone}, {' to '.join(offsets)}",
        "newest quote (now, if market and clock are right)": day.newest_quote or "unknown",
    }
