"""`ticklake-bridge`: trade the live endpoint's signals on a terminal, and fetch a broker's ticks."""

from __future__ import annotations

import os

import typer

from mt5_bridge.commands.backtest import backtest
from mt5_bridge.commands.day import day
from mt5_bridge.commands.plain_flags import Command, Group
from mt5_bridge.commands.record import record
from mt5_bridge.commands.replay import replay
from mt5_bridge.commands.risk import risk
from mt5_bridge.commands.run import kill, reconcile, resume, run
from mt5_bridge.commands.ticks import ticks

app = typer.Typer(cls=Group, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def main() -> None:
    """Trade the live endpoint's signals on a terminal, and fetch a broker's ticks."""
    os.umask(0o077)  # journals and ticks are their owner's alone


for command in (run, reconcile, kill, resume, risk, day, backtest, replay, ticks, record):
    app.command(cls=Command)(command)

if __name__ == "__main__":
    app()
