"""`ticklake retry`: what has failed or was refused is tried again at the raw sensor's next look."""

from __future__ import annotations

from rich.console import Console

from ticklake_assets.core.errors import SetupError
from ticklake_assets.core.instruments import INSTRUMENTS, instrument_of
from ticklake_assets.instance.asked_again import ask_again
from ticklake_assets.instance.home import explained_instance_errors, is_daemon_alive, open_to_launch
from ticklake_assets.settings import Settings


def retry_days(settings: Settings, symbol: str | None, console: Console, *, every: bool) -> None:
    """Forget the failures of a symbol, or of all; SetupError where neither or both are named."""
    if every == (symbol is not None):
        raise SetupError("Expected a symbol or --all, was " + ("both" if every else "neither"))
    symbols = [instrument_of(symbol).symbol] if symbol else list(INSTRUMENTS)
    with explained_instance_errors(settings), open_to_launch(settings) as instance:
        ask_again(instance, symbols)
        alive = is_daemon_alive(instance)
    console.print(
        f"Failed and refused days of {symbol or 'all symbols'} are tried again at the raw sensor's next look"
        + ("." if alive else ": no daemon runs now, `ticklake dev` starts one."),
        highlight=False,
        soft_wrap=True,
    )
