"""Chains of folds that cost one fold: the same real one, moved in time."""

from __future__ import annotations

from datetime import date, timedelta

from ticklake_assets.core.symbol_day import MICROS_PER_DAY
from ticklake_assets.modeling.deployed.manifest import DayRange, WindowDays
from ticklake_assets.modeling.judging.walk_forward import FoldRecord
from ticklake_assets_tests.modeling.markets import run_fold


def chain_to(digest: str, as_of: date) -> list[FoldRecord]:
    """Three folds of which the last is said to be of this bundle; each is the same real one, moved in time."""
    fold, stride = run_fold().record, 2
    moves = [(as_of - fold.as_of).days - stride * back for back in (2, 1, 0)]
    names = [f"{digest} less {back}" for back in (2, 1)]
    return [moved(fold, days, name) for days, name in zip(moves, [*names, digest], strict=True)]


def moved(fold: FoldRecord, days: int, bundle: str) -> FoldRecord:
    """The fold as it would have been so many days later."""
    by, us = timedelta(days=days), days * MICROS_PER_DAY
    spans = {
        name: DayRange(first=span.first + by, last=span.last + by)
        for name in ("train", "validation", "test")
        for span in [getattr(fold.windows, name)]
    }
    tested = [
        day.model_copy(
            update={
                "day": day.day + by,
                "trades": tuple(
                    trade.model_copy(
                        update={
                            name: getattr(trade, name) + us for name in ("signal_us", "entry_us", "exit_us")
                        }
                    )
                    for trade in day.trades
                ),
            }
        )
        for day in fold.test.days
    ]
    test = fold.test.model_copy(update={"bundle": bundle, "days": tuple(tested), "as_of": fold.as_of + by})
    changes = {"as_of": fold.as_of + by, "windows": WindowDays(**spans), "test": test}
    return fold.model_copy(update=changes)
