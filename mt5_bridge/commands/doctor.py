"""`ticklake-bridge doctor`."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.markup import escape

from mt5_bridge.commands.configured import Config, asked_of, client_of
from mt5_bridge.commands.telling import told
from mt5_bridge.config import read_config
from mt5_bridge.trading.modes import Mode

_MARKS = {"good": "[green]good[/]   ", "warning": "[yellow]look[/]   ", "bad": "[red]wrong[/]  "}


def doctor(
    config: Config,
) -> None:
    """Say what keeps the bridge from trading, and what to do; exit code 2 where something is wrong. Sends nothing."""
    console, wrong = Console(soft_wrap=True, highlight=False), 0
    with told(Console(stderr=True)):
        # Here, as their websockets come with the extra `bridge` alone.
        from mt5_bridge.people.doctor import Health, examine
        from mt5_bridge.running.markets import open_market

        settings = read_config(config)
        asked, client = asked_of(settings, live=settings.mode is Mode.LIVE), client_of(settings)
        with open_market(settings) as market:
            for each in examine(settings, asked, market, client):
                wrong += each.health is Health.BAD
                console.print(f"{_MARKS[each.health]}{escape(f'{each.what}: {each.found}')}")
                if each.remedy:
                    console.print(f"         {escape(each.remedy)}", style="bold")
    if wrong:
        raise typer.Exit(2)
