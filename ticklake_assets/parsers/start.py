"""Start and see it: the demo, Dagster's UI, and what is known and set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ticklake_assets.parsers.arguments import AsJson
from ticklake_assets.terminal import command_of, console

app = typer.Typer()
PANEL = "Start and see it"
command = command_of(app, panel=PANEL)
ui = typer.Typer(name="ui", no_args_is_help=True)
app.add_typer(ui, rich_help_panel=PANEL)
notify = typer.Typer(name="notify", no_args_is_help=True)
app.add_typer(notify, rich_help_panel=PANEL)


@command
def demo(
    ticks: Annotated[
        Path | None, typer.Option(help="a folder of real ticks instead of the synthetic market")
    ] = None,
    symbol: Annotated[
        str | None,
        typer.Option(help="the symbol of --ticks, like GBPJPY; may be left out where the folder has one"),
    ] = None,
    hands_off: Annotated[
        bool,
        typer.Option(
            "--hands-off",
            help="only drop files into landing: the running replicator, sensor and daemon bring them to gold, and "
            "the running endpoint serves",
        ),
    ] = False,
    pages: Annotated[
        bool,
        typer.Option(
            help="leave the lifecycle pages running, at TICKLAKE_PAGES_URL, until nobody has looked for "
            "TICKLAKE_PAGES_IDLE_S seconds, and end with the address that signs in"
        ),
    ] = True,
) -> None:
    """Run the whole chain once: ticks to a deployed or rejected model, and a day replayed through the endpoint."""
    from ticklake_assets.demo.run import run_demo
    from ticklake_assets.settings import Settings

    settings = Settings()
    if not pages:
        run_demo(settings, ticks, symbol, console, hands_off=hands_off)
        return
    from ticklake_assets.demo.left_pages import LeftPages

    left = LeftPages(settings)
    run_demo(settings, ticks, symbol, console, hands_off=hands_off)
    left.leave(console)


@command
def dev(port: Annotated[int, typer.Option(help="port of the Dagster UI", min=1, max=65535)] = 3000) -> None:
    """Run Dagster's UI and daemon (sensor, schedules, backfills), the endpoint and the pages, until Ctrl-C."""
    from ticklake_assets.commands.dev import open_ui
    from ticklake_assets.settings import Settings

    open_ui(Settings(), port, console)


@ui.callback()
def _ui() -> None:
    """Pages of other programs over what is here."""


@command_of(ui)
def mlflow(
    port: Annotated[int, typer.Option(help="port on 127.0.0.1", min=1, max=65535)] = 5000,
    browser: Annotated[bool, typer.Option(help="open a browser, or only say the address")] = True,
) -> None:
    """Show MLflow's pages, with every run and its files, until Ctrl-C."""
    from ticklake_assets.commands.mlflow_ui import open_mlflow
    from ticklake_assets.settings import Settings

    open_mlflow(Settings(), port, console, show=browser)


@notify.callback()
def _notify() -> None:
    """Notices to people: runs that failed, and trouble of the endpoint."""


@command_of(notify)
def test() -> None:
    """Send a test notice to each address of TICKLAKE_NOTIFY, and say which services took it."""
    from ticklake_assets.commands.notify import send_test
    from ticklake_assets.settings import Settings

    send_test(Settings(), console)


@command
def settings() -> None:
    """List every setting with its value now, where that comes from, and its meaning."""
    from ticklake_assets.commands.settings import show_settings

    show_settings(console)


@command
def instruments() -> None:
    """List the known symbols with their price digits and windows; `ticklake costs` has what they cost."""
    from ticklake_assets.commands.instrument import show_instruments

    show_instruments(console)


@command
def costs(
    symbol: Annotated[
        str | None, typer.Argument(help="one symbol, with every number; else a round turn of all of them")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="another profile than TICKLAKE_COSTS names: a name, or a TOML file")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List what trading costs by cost profile, pips."""
    from ticklake_assets.commands.costs import show_costs

    show_costs(symbol, profile, console, as_json=as_json)
