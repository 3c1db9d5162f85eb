"""`ticklake sensitivity`: whether a chain's neighbours tell the same."""

from __future__ import annotations

from datetime import date

from rich.console import Console
from rich.table import Table

from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.lifecycle.sensitivity import make_neighbours
from ticklake_assets.modeling.fitting.tuning import Budget
from ticklake_assets.modeling.judging.sensitivity import Sensitivity, variants_of
from ticklake_assets.resources.datasets import Datasets
from ticklake_assets.resources.lake import Lake
from ticklake_assets.resources.signing import Signing
from ticklake_assets.settings import Settings
from ticklake_assets.terminal import clock


def show_sensitivity(
    settings: Settings,
    symbol: str,
    as_of: date,
    folds: int,
    seed: int,
    trials: int,
    console: Console,
    *,
    as_json: bool,
) -> None:
    """Make the neighbours and print them, the chain as it was made first."""
    instrument_of(symbol)
    lake, signing = Lake.from_settings(settings), Signing.from_settings(settings)
    datasets, variants, budget = Datasets.from_settings(settings), variants_of(seed), Budget(trials)
    day = SymbolDay(symbol, as_of)
    with clock(f"{len(variants) * folds} trainings: {len(variants)} variants of {folds} folds"):
        found = make_neighbours(day, folds, lake, signing, datasets, variants, budget)
    if as_json:
        console.print_json(found.canonical().decode())
        return
    console.print(_table(found))
    console.print(
        f"{found.passing:.0%} of {len(found.neighbours)} pass, on the validation days of {folds} folds, where each "
        "chose its thresholds: counted as selections, and as looks at these days; no test day was met",
        soft_wrap=True,
    )


def _table(found: Sensitivity) -> Table:
    table = Table("changed", "to")
    for heading in ("folds that trade", "trades", "net, pips", "deflated Sharpe"):
        table.add_column(heading, justify="right")
    table.add_column("passes")
    for each in found.neighbours:
        table.add_row(
            each.what,
            each.value,
            f"{each.trading_folds:.0%}",
            f"{each.trades:,}",
            f"{each.net_pips:+,.1f}",
            f"{each.deflated_sharpe:.3f}",
            "yes" if each.passes else "no",
        )
    return table
