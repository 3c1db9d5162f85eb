"""`ticklake-bridge`: trade the live endpoint's signals on a terminal, and fetch a broker's ticks."""

from __future__ import annotations

import os

import typer

from mt5_bridge.commands.backtest import backtest
from mt5_bridge.commands.day import day
from mt5_bridge.commands.doctor import doctor
from mt5_bridge.commands.export_ea import export_ea
from mt5_bridge.commands.looking import orders, positions, status, why
from mt5_bridge.commands.plain_flags import Command, Group
from mt5_bridge.commands.record import record
from mt5_bridge.commands.replay import replay
from mt5_bridge.commands.risk import risk
from mt5_bridge.commands.run import kill, reconcile, resume, run
from mt5_bridge.commands.service import service
from mt5_bridge.commands.ticks import ticks

app = typer.Typer(cls=Group, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def main() -> None:
    """Trade the live endpoint's signals on a terminal, and fetch a broker's ticks."""
    os.umask(0o077)  # journals and ticks are their owner's alone


for command in (
    run,
    status,
    positions,
    orders,
    why,
    reconcile,
    kill,
    resume,
    risk,
    doctor,
    service,
    day,
    backtest,
    replay,
    ticks,
    record,
    export_ea,
):
    app.command(cls=Command)(command)

if __name__ == "__main__":
    app()
