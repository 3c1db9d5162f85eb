"""`ticklake walk-forward`: ask Dagster's daemon for the folds of a chain, then for the report over all of them.

Folds that are tested already, on the very ticks that gold holds, are kept: an interrupted walk goes on where it was,
and next week's costs one fold.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import dagster as dg
from rich.console import Console
from rich.table import Column, Table

from ticklake_assets.commands.watching import partition_of, watch
from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.core.folds import Fold, Walk
from ticklake_assets.core.symbol_day import SymbolDay, contiguous_ranges
from ticklake_assets.definitions import defs
from ticklake_assets.defs.dataset.assets import DATASET_TRAINING
from ticklake_assets.defs.jobs import FOLD
from ticklake_assets.defs.report.assets import WALK_FORWARD
from ticklake_assets.files import locked
from ticklake_assets.instance.backfills import request_backfill
from ticklake_assets.instance.home import daemon, open_to_launch
from ticklake_assets.lifecycle.folds_of_symbol import FoldsOfSymbol
from ticklake_assets.modeling.judging.walk_forward import FoldRecord
from ticklake_assets.modeling.report.tables import span_of
from ticklake_assets.settings import Settings
from ticklake_assets.terminal import gates_table, print_verdict

_MOST_RANGES = 3
"""Ranges of missing days, or folds, that a message spells out."""


def walk_forward(
    settings: Settings, symbol: str, walk: Walk, console: Console, *, again: bool = False
) -> bool:
    """Make the folds that are missing, then the report; returns whether all of it succeeded.

    Missing gold days are a MissingDataError that names the command for them, before anything is launched.
    """
    _expect_gold(FoldsOfSymbol(settings, symbol), walk)
    with (
        open_to_launch(settings) as instance,
        daemon(instance, settings.dagster_home),
        _only_walk_of(symbol, settings, console),
    ):
        return _walk(instance, FoldsOfSymbol(settings, symbol), walk, console, again=again)


def planned(settings: Settings, symbol: str, walk: Walk) -> dict[str, Any]:
    """What the walk would do, before anything runs: each fold's days, which are tested already, which are spent.

    `problem` says what keeps it from beginning; empty where nothing does.
    """
    folds = FoldsOfSymbol(settings, symbol)
    problem = ""
    try:
        _expect_gold(folds, walk)
    except MissingDataError as error:
        problem = str(error)
    spent = folds.spent_days
    lines = []
    for as_of in walk.as_ofs:
        windows = walk.windows_of(as_of)
        fold = Fold.before(as_of, windows)
        parts = {"train": fold.train, "validate": fold.validate, "test": fold.test}
        lines.append(
            {
                "as_of": str(as_of),
                **{part: [str(days[0]), str(days[-1])] for part, days in parts.items()},
                "is_tested": not problem and folds.is_current(SymbolDay(symbol, as_of), windows),
                "spent": [str(day) for day in fold.test if day in spent],
            }
        )
    return {"symbol": symbol, "anchored": walk.is_anchored, "problem": problem, "folds": lines}


def _only_walk_of(symbol: str, settings: Settings, console: Console) -> AbstractContextManager[object]:
    """One at a time: what the stages of an as-of day leave is one file each, whatever the windows."""
    told = f"waiting for another walk-forward of {symbol} in {settings.home}"
    return locked(
        settings.home / f"walk-forward-{symbol}.lock",
        lambda: console.print(told, highlight=False, soft_wrap=True),
    )


def _walk(
    instance: dg.DagsterInstance, folds: FoldsOfSymbol, walk: Walk, console: Console, *, again: bool
) -> bool:
    definitions, symbol = defs(), folds.symbol
    as_ofs = [SymbolDay(symbol, as_of) for as_of in walk.as_ofs]
    missing = [
        as_of for as_of in as_ofs if again or not folds.is_current(as_of, walk.windows_of(as_of.trading_day))
    ]
    console.print(
        f"{symbol}: {len(as_ofs)} folds as of {walk.as_ofs[0]} to {walk.as_ofs[-1]}, "
        f"{'anchored' if walk.is_anchored else 'rolling'}; {len(as_ofs) - len(missing)} are tested already",
        highlight=False,
    )
    warn_of_spent_days(folds, walk, missing, console)
    title = f"walk-forward of {symbol}, {walk.as_ofs[0]} to {walk.as_ofs[-1]}"
    if missing:
        assets = sorted(FOLD.resolve(definitions.resolve_asset_graph()))
        asked = request_backfill(instance, definitions, assets, missing, title, run_configuration(walk))

        def tell(run: dg.DagsterRun) -> None:
            _tell(folds, run, console)

        if not watch(instance, asked, console, len(missing), tell):
            console.print(
                "Folds failed; once the reason is gone, the same command goes on with those that are missing."
            )
            return False
    config = _config(WALK_FORWARD, {"folds": len(as_ofs), **_windows(walk)})
    report = request_backfill(instance, definitions, [WALK_FORWARD], as_ofs[-1:], f"Report: {title}", config)
    if not watch(instance, report, console, 1):
        return False
    _show(folds, as_ofs[-1], console)
    return True


def warn_of_spent_days(
    folds: FoldsOfSymbol, walk: Walk, missing: Sequence[SymbolDay], console: Console
) -> None:
    """Say which folds end well only where training gives a bundle again that met their test days before."""
    spent = folds.spent_days
    tests = {
        as_of.trading_day: Fold.before(as_of.trading_day, walk.windows_of(as_of.trading_day)).test
        for as_of in missing
    }
    stopped = [str(as_of) for as_of, days in tests.items() if not spent.isdisjoint(days)]
    if stopped:
        more = ", ..." if len(stopped) > _MOST_RANGES else ""
        console.print(
            f"Test days of {len(stopped)} folds are spent, as of {', '.join(stopped[:_MOST_RANGES])}{more}: "
            "only a bundle that has met them already is tested on them again, another one fails. "
            f"`ticklake trials {folds.symbol}` lists those that have",
            style="yellow", highlight=False, soft_wrap=True,
        )  # fmt: skip


def _expect_gold(folds: FoldsOfSymbol, walk: Walk) -> None:
    """Every day that the walk looks at, before hours are spent on the folds that have theirs."""
    span = range((walk.last - walk.first_train_day).days)
    wanted = [SymbolDay(folds.symbol, walk.first_train_day).shifted(offset) for offset in span]
    counted = f"of {len(wanted)} days from {walk.first_train_day} on"
    if missing := [day for day in wanted if day not in folds.gold_sources]:
        raise MissingDataError(
            f"Gold of {folds.symbol} lacks {len(missing)} {counted}. Expected all; {_make(missing)}"
        )
    if others := folds.made_otherwise(wanted):
        raise MissingDataError(
            f"Gold of {folds.symbol} has {len(others)} {counted} from another feature kernel, or with labels of other "
            f"rules or costs. Expected all by this code and these costs; {_make(others)}"
        )


def _make(days: list[SymbolDay]) -> str:
    """The commands that make days of gold."""
    commands = [
        f"`ticklake backfill {each[0].symbol} {each[0].trading_day} {each[-1].trading_day}`"
        for each in contiguous_ranges(days, len(days))
    ]
    more = f" and {len(commands) - _MOST_RANGES} more" if len(commands) > _MOST_RANGES else ""
    return f"make them with {', '.join(commands[:_MOST_RANGES])}{more}"


def run_configuration(walk: Walk) -> dict[str, Any]:
    """One configuration for the runs of all folds."""
    return _config(DATASET_TRAINING, _windows(walk))


def _windows(walk: Walk) -> dict[str, object]:
    """Those of every fold at once: an anchored one says where training starts, not how long it is."""
    windows = walk.windows
    train: dict[str, object] = (
        {"first_train_day": walk.first_train_day.isoformat()}
        if walk.is_anchored
        else {"train_days": windows.train_days}
    )
    return {**train, "validate_days": windows.validate_days, "test_days": windows.test_days}


def _config(asset: dg.AssetKey, values: dict[str, object]) -> dict[str, Any]:
    return {"ops": {asset.to_python_identifier(): {"config": values}}}


def _tell(folds: FoldsOfSymbol, run: dg.DagsterRun, console: Console) -> None:
    """One line a fold that ended."""
    as_of = SymbolDay.parse(partition_of(run))
    if not run.is_success:
        ended = "cancelled" if run.status is dg.DagsterRunStatus.CANCELED else "failed"
        console.print(f"  {as_of.trading_day}  {ended}: run {run.run_id}", style="red", highlight=False)
        return
    fold = folds.read(as_of)
    console.print(
        f"  {fold.as_of}  trained on {fold.training.events:,} events of {fold.windows.train.days} days, acts at "
        f"{fold.validation.chosen.acts_at}; tested {fold.windows.test.first} to {fold.windows.test.last}: "
        f"{fold.test.net_pips:+,.1f} pips in {fold.test.trades} trades",
        highlight=False, soft_wrap=True,
    )  # fmt: skip


def _show(folds: FoldsOfSymbol, as_of: SymbolDay, console: Console) -> None:
    report = folds.report(as_of)
    console.print(_folds_table(report.folds))
    console.print(gates_table(report.gates.rows))
    console.print(f"verdict: [bold]{report.gates.verdict}[/bold]; {report.net_pips:+,.1f} pips net")
    print_verdict(report.gates, console)
    for what, ending in (("report", ".html"), ("numbers", ".json")):
        console.print(f"{what}: {folds.files.uri('report', as_of, ending)}", soft_wrap=True, highlight=False)


def _folds_table(folds: Sequence[FoldRecord]) -> Table:
    table = Table(Column("as of", no_wrap=True), "trained", "validated", "tested")
    for heading in ("act at", "trades", "net, pips"):
        table.add_column(heading, justify="right")
    for fold in folds:
        spans = (fold.windows.train, fold.windows.validation, fold.windows.test)
        table.add_row(
            str(fold.as_of),
            *(span_of(span) for span in spans),
            fold.validation.chosen.acts_at,
            f"{fold.test.trades:,}",
            f"{fold.test.net_pips:+,.1f}",
        )
    return table
