"""What the commands of a configured bridge have in common: the option, its endpoint, and what it may trade."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mt5_bridge.commands.telling import read_token
from mt5_bridge.config import BridgeConfig
from mt5_bridge.trading.modes import Asked

if TYPE_CHECKING:
    from mt5_bridge.wire.client import EndpointClient

Config = Annotated[Path, typer.Option(help="the bridge's configuration, TOML", exists=True, dir_okay=False)]


def client_of(settings: BridgeConfig) -> EndpointClient:
    """SetupError without its token."""
    from mt5_bridge.wire.client import EndpointClient  # its websockets come with the extra `bridge` alone

    endpoint = settings.endpoint
    return EndpointClient(endpoint.url, read_token(endpoint.token_file), endpoint.timeout_seconds)


def asked_of(settings: BridgeConfig, *, live: bool, typed: str | None = None) -> Asked:
    """`typed` is a person's confirmation, where the configuration has none."""
    account = settings.account
    return Asked(settings.mode, live, account.login, account.server, account.confirmed or typed)
