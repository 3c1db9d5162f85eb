"""`ticklake-bridge doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from mt5_bridge.commands.telling import read_token, told
from mt5_bridge.config import read_config
from mt5_bridge.trading.modes import Asked, Mode

_MARKS = {"good": "[green]good[/]   ", "warning": "[yellow]look[/]   ", "bad": "[red]wrong[/]  "}


def doctor(
    config: Annotated[
        Path, typer.Option(help="the bridge's configuration, TOML", exists=True, dir_okay=False)
    ],
) -> None:
    """Say what keeps the bridge from trading, and what to do; exit code 2 where something is wrong. Sends nothing."""
    console, wrong = Console(soft_wrap=True, highlight=False), 0
    with told(Console(stderr=True)):
        # Here, as their websockets come with the extra `bridge` alone.
        from mt5_bridge.people.doctor import Health, examine
        from mt5_bridge.running.markets import open_market
        from mt5_bridge.wire.client import EndpointClient

        settings = read_config(config)
        account = settings.account
        is_live = settings.mode is Mode.LIVE
        asked = Asked(settings.mode, is_live, account.login, account.server, account.confirmed)
        endpoint = settings.endpoint
        client = EndpointClient(endpoint.url, read_token(endpoint.token_file), endpoint.timeout_seconds)
        with open_market(settings) as market:
            for each in examine(settings, asked, market, client):
                wrong += each.health is Health.BAD
                console.print(f"{_MARKS[each.health]}{escape(f'{each.what}: {each.found}')}")
                if each.remedy:
                    console.print(f"         {escape(each.remedy)}", style="bold")
    if wrong:
        raise typer.Exit(2)
