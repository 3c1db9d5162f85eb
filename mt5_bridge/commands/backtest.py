"""`ticklake-bridge backtest`."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from mt5_bridge.commands.configured import Config, client_of
from mt5_bridge.commands.progress import progress
from mt5_bridge.commands.telling import table_of, told
from mt5_bridge.commands.tested import read_tested
from mt5_bridge.config import read_config
from mt5_bridge.errors import SetupError
from mt5_bridge.files import replace_file

if TYPE_CHECKING:
    from mt5_bridge.backtest.report import Backtest, Comparison


def backtest(
    symbol: Annotated[str, typer.Argument(metavar="SYMBOL", help="instrument of the configuration")],
    first: Annotated[
        datetime, typer.Option("--from", help="first UTC day", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")
    ],
    last: Annotated[
        datetime, typer.Option("--to", help="last UTC day, over", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")
    ],
    config: Config,
    out: Annotated[Path, typer.Option(help="folder of ticks, journal and report", file_okay=False)],
    broker: Annotated[
        Path | None,
        typer.Option(
            help="the simulated broker, TOML; else one as the terminal describes its own",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(
            help="tested days, by `ticklake tested --json`: each is explained", exists=True, dir_okay=False
        ),
    ] = None,
) -> None:
    """Trade days of a terminal's history through endpoint, bridge and rules of risk, on a simulated account.

    Ticks are recorded first, as `record` does; the endpoint must be running. Account, journal and report of an
    earlier backtest in the folder are replaced, ticks stay. `report.json` there has everything.
    """
    errors = Console(stderr=True)
    with told(errors):
        from mt5_bridge.backtest.history import history_of
        from mt5_bridge.backtest.report import backtest_of
        from mt5_bridge.backtest.run import run_backtest

        settings = read_config(config)
        if symbol not in settings.symbols:
            raise SetupError(f"Expected a symbol of {config}, {', '.join(settings.symbols)}, was {symbol}")
        tested = None if compare is None else read_tested(compare, symbol)
        days = _days(first.date(), last.date())
        history = history_of(settings, symbol, days, out, broker)
        client = client_of(settings)
        count = sum(map(len, history.ticks.values()))
        with progress(errors, f"{symbol} {first.date()} to {last.date()}") as advance:
            ran = run_backtest(
                settings,
                history.broker,
                symbol,
                history.ticks,
                client,
                out / "account",
                sizes=history.sizes,
                advance=lambda done: advance(done, count),
            )
        pip, bundle = client.symbol_facts(symbol).pip, client.bundle_in_service(symbol)
        found = backtest_of(ran, symbol, pip, bundle, tested)
        replace_file(out / "report.json", found.model_dump_json(indent=1).encode() + b"\n")
    _tell(Console(), found)


def _days(first: date, last: date) -> list[date]:
    if last < first:
        raise SetupError(f"Expected --to at or after --from, was {first} to {last}")
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def _tell(console: Console, found: Backtest) -> None:
    figures = found.figures.model_dump(exclude={"net_money"})
    money = f"{found.figures.net_money} {found.currency}"
    console.print(
        table_of({"model": found.bundle or "none", **figures, "net money": money, "signals": found.fates})
    )
    if found.comparison is not None:
        console.print(_waterfall(found.comparison))
        equal, trades = found.comparison.equal_trades, found.comparison.trades
        console.print(f"{equal} of {trades} trades are the same in every field", soft_wrap=True)
    if found.not_tested:
        console.print(f"not tested: {', '.join(map(str, found.not_tested))}")


def _waterfall(compared: Comparison) -> Table:
    table = Table("step", f"{compared.currency}", title="from the test to the account")
    table.add_row("tested", str(compared.tested))
    table.add_row("rounding", f"{compared.rounding:+}")
    for step, money in compared.steps.items():
        table.add_row(str(step), f"{money:+}")
    table.add_row("account", str(compared.real))
    return table
