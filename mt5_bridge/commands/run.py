"""`ticklake-bridge run`, `reconcile`, `kill` and `resume`: a bridge that trades."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console

from mt5_bridge.commands.configured import Config, asked_of, client_of
from mt5_bridge.commands.telling import told
from mt5_bridge.config import BridgeConfig, read_config
from mt5_bridge.running.kill_switch import switch_off, switch_on
from mt5_bridge.trading.modes import Asked, Mode

_ENDS = ("SIGINT", "SIGTERM", "SIGBREAK")
"""Signals that end a run cleanly; the last is Windows' own."""


def run(
    config: Config,
    live: Annotated[
        bool, typer.Option("--live", help="allow real money; the configuration says mode live, too")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show each request, and send nothing")] = False,
) -> None:
    """Trade the endpoint's signals on the account of a MetaTrader 5 terminal until Ctrl-C; positions stay."""
    with told(Console(stderr=True)):
        settings = read_config(config)
        typed = None if settings.account.confirmed else _typed(settings, live=live)
        asked = asked_of(settings, live=live, typed=typed)
        reason = _run(settings, asked, _show if dry_run else None)
    typer.echo(reason)


def reconcile(config: Config) -> None:
    """Hold the journal against the terminal; exit code 2 where something that is ours differs."""
    with told(Console(stderr=True)):
        from mt5_bridge.running.markets import open_market
        from mt5_bridge.running.opening import read_reconciliation

        settings = read_config(config)
        with open_market(settings) as market:
            found = read_reconciliation(settings, market)
    for each in found.differences:
        typer.echo(f"{each.symbol}: {each.kind}: {each.detail}{'; entries stop' if each.halts else ''}")
    typer.echo(
        f"{found.agreed} positions agree, {len(found.unresolved)} intents are unresolved, "
        f"{len(found.differences)} differences"
    )
    if not found.is_clean:
        raise typer.Exit(2)


def kill(
    config: Config,
    reason: Annotated[str, typer.Option(help="why, for the journal and whoever looks")] = "by command",
) -> None:
    """Stop new entries at once, of a running bridge and of the next one; positions keep their exits."""
    with told(Console(stderr=True)):
        folder = read_config(config).folder
        is_new = switch_on(folder, reason)
    typer.echo(f"{folder}: {'killed' if is_new else 'was killed before'}: nothing new is entered")


def resume(config: Config) -> None:
    """End `kill`: signals may be traded again."""
    with told(Console(stderr=True)):
        folder = read_config(config).folder
        was_on = switch_off(folder)
    typer.echo(f"{folder}: {'signals may be traded again' if was_on else 'was not killed'}")


def _typed(settings: BridgeConfig, *, live: bool) -> str | None:
    """What a person types to allow real money; asked only where it could be given."""
    if settings.mode is not Mode.LIVE or not live or not sys.stdin.isatty():
        return None
    account = f"{settings.account.login} {settings.account.server}"
    typed: str = typer.prompt(
        f"This trades real money. Type LIVE {account} to go on", default="", show_default=False
    )
    return typed


def _run(settings: BridgeConfig, asked: Asked, show: Callable[[dict[str, Any]], None] | None) -> str:
    # Here, as their websockets come with the extra `bridge` alone.
    from mt5_bridge.running.process import opened
    from mt5_bridge.running.process import run as run_to_end

    with opened(settings, asked, client_of(settings), show) as bridge:
        typer.echo(f"{bridge.mode}, {bridge.account}: {', '.join(settings.symbols)}; Ctrl-C ends")
        with _ending(bridge.stop):
            return run_to_end(bridge)


@contextmanager
def _ending(stop: Callable[[str], None]) -> Iterator[None]:
    """End cleanly upon the first signal, at once upon the second."""

    def end(number: int, _frame: object) -> None:
        stop(signal.Signals(number).name)
        signal.signal(number, signal.default_int_handler)

    numbers = [getattr(signal, name) for name in _ENDS if hasattr(signal, name)]
    before = [(number, signal.signal(number, end)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _show(request: dict[str, Any]) -> None:
    typer.echo(json.dumps(request, default=str))
