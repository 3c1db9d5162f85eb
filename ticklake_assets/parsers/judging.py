"""Train, test, judge."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from ticklake_assets.parsers.arguments import DAY, DAYS, AsJson, Symbol, day_of
from ticklake_assets.terminal import command_of, console

app = typer.Typer()
PANEL = "Train, test, judge"
command = command_of(app, panel=PANEL)
report = typer.Typer(name="report", no_args_is_help=True)
app.add_typer(report, rich_help_panel=PANEL)
_A_WEDNESDAY = date(2024, 1, 17)


@command
def walk_forward(
    symbol: Symbol,
    first: Annotated[date, typer.Option("--from", help="no as-of day of the chain lies before", **DAY)],
    last: Annotated[date, typer.Option("--to", help="as-of day of the last fold, the one to deploy", **DAY)],
    every: Annotated[
        int, typer.Option(help="from fold to fold, like 7d: so many are tested by each", **DAYS)
    ],
    train: Annotated[
        int | None, typer.Option(help="to train on, like 60d; else the symbol's", **DAYS)
    ] = None,
    validate: Annotated[
        int | None, typer.Option(help="to validate on, like 20d; else the symbol's", **DAYS)
    ] = None,
    anchored: Annotated[
        bool, typer.Option("--anchored", help="train from the first fold's start on, instead of rolling")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="make folds anew that are tested already")] = False,
    plan: Annotated[
        bool,
        typer.Option("--plan", help="run nothing: print, as JSON, each fold's days, tested and spent ones"),
    ] = False,
) -> None:
    """Train, validate and test a chain of folds as Dagster backfills, then judge it: gates, HTML report, JSON.

    Ctrl-C cancels the backfill and waits until its runs have ended; the same command goes on with what is missing.
    """
    from ticklake_assets.commands.walk_forward import planned
    from ticklake_assets.commands.walk_forward import walk_forward as walk_on
    from ticklake_assets.commands.walk_plan import plan_walk
    from ticklake_assets.settings import Settings

    walk = plan_walk(symbol, first, last, every, train, validate, anchored=anchored)
    if plan:
        console.print_json(data=planned(Settings(), symbol, walk))
        return
    if not walk_on(Settings(), symbol, walk, console, again=again):
        raise typer.Exit(1)


@command
def tested(
    symbol: Symbol,
    as_of: Annotated[date, typer.Argument(parser=day_of, help="as-of day of a tested fold, YYYY-MM-DD")],
    as_json: AsJson = False,  # noqa: PT028 - a command, no test
) -> None:
    """List what a fold's test earned on each of its days, account currency.

    With --json signals, trades, costs and terms, too: what `ticklake-bridge backtest --compare` reads. The days are
    simulated again on the lake as it is; other trades than the test's are an error.
    """
    from ticklake_assets.commands.tested import tell_tested
    from ticklake_assets.core.symbol_day import SymbolDay
    from ticklake_assets.settings import Settings

    tell_tested(Settings(), SymbolDay(symbol, as_of), console, as_json=as_json)


@report.callback()
def _report() -> None:
    """Reports of judged chains."""


@command_of(report)
def open(  # noqa: A001 the command is called so
    symbol: Annotated[str, typer.Argument(help="of this symbol alone")] = "",
    as_of: Annotated[
        date | None, typer.Argument(parser=day_of, help="of this as-of day, YYYY-MM-DD; else the latest")
    ] = None,
    browser: Annotated[bool, typer.Option(help="open a browser, or only say where the file lies")] = True,
) -> None:
    """Show a walk-forward report in the browser."""
    from ticklake_assets.commands.report import open_report
    from ticklake_assets.settings import Settings

    open_report(Settings(), symbol, as_of, console, show=browser)


@command
def trials(
    symbol: Annotated[str, typer.Argument(help="a symbol that `ticklake instruments` lists")] = "",
    as_of: Annotated[
        date | None, typer.Argument(parser=day_of, help="of this as-of day alone, YYYY-MM-DD")
    ] = None,
    as_json: AsJson = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="check every entry of the ledger, and that it was not cut")
    ] = False,
) -> None:
    """List what was ever fitted, chosen and tested of a symbol, and how often its test days may still be looked at.

    With --verify, whatever the symbol: since when the ledger counts and where it ends, or what is wrong with it.
    """
    from ticklake_assets.commands.trials import show_trials, verify_trials
    from ticklake_assets.core.errors import SetupError
    from ticklake_assets.settings import Settings

    if verify:
        verify_trials(Settings(), console)
        return
    if not symbol:
        raise SetupError("Whose trials? Expected a symbol or --verify, was neither")
    show_trials(Settings(), symbol, as_of, console, as_json=as_json)


@command
def sensitivity(
    symbol: Symbol,
    as_of: Annotated[
        date, typer.Argument(parser=day_of, help="as-of day of the chain's last fold, YYYY-MM-DD")
    ],
    folds: Annotated[int, typer.Option(min=1, help="folds of the chain")] = 3,
    seed: Annotated[int, typer.Option(help="that the chain was trained with")] = 1,
    trials: Annotated[int, typer.Option(min=1, help="sets of parameters that each training tries")] = 8,
    as_json: AsJson = False,
) -> None:
    """Train and validate a chain again with other seeds, windows, barriers and thresholds: do they tell the same?

    Nine trainings a fold. They are in the ledger as fits and selections; no test day is met.
    """
    from ticklake_assets.commands.sensitivity import show_sensitivity
    from ticklake_assets.settings import Settings

    show_sensitivity(Settings(), symbol, as_of, folds, seed, trials, console, as_json=as_json)


@command
def lookahead(
    module: Annotated[
        str | None, typer.Argument(help="a Python file or module; without it, everything that gold holds")
    ] = None,
    symbol: Annotated[
        str, typer.Option(help="synthetic, or a symbol with clean days in the lake")
    ] = "SYNEUR",
    day: Annotated[date, typer.Option(help="the day to try it on", **DAY)] = _A_WEDNESDAY,
    events: Annotated[
        int | None, typer.Option(help="poison behind so many events, evenly spaced; without it, each", min=1)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find features and labels that know the future: poison what follows each event, compare bit for bit."""
    from ticklake_assets.commands.lookahead import look_ahead
    from ticklake_assets.core.symbol_day import SymbolDay
    from ticklake_assets.settings import Settings

    if not look_ahead(Settings(), module, SymbolDay(symbol, day), events, console, as_json=as_json):
        raise typer.Exit(1)
