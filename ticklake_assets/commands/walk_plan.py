"""The chain of folds that `ticklake walk-forward` is asked for, and what cannot be."""

from __future__ import annotations

from datetime import date

from ticklake_assets.core.calendar import is_half_closed
from ticklake_assets.core.errors import DataError
from ticklake_assets.core.folds import Fold, Walk, Windows
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.partitions import LOOKBACK_DAYS, SYMBOL_DAY

LEAST_OPEN = 3
"""Days of which one is no weekend's, wherever they start."""


def plan_walk(
    symbol: str,
    first: date,
    last: date,
    every: int,
    train: int | None,
    validate: int | None,
    *,
    anchored: bool,
) -> Walk:
    """The chain that is asked for; DataError where it cannot be."""
    own = instrument_of(symbol).windows
    windows = Windows(train or own.train_days, validate or own.validate_days, every)
    walk = Walk(first, last, windows, anchored)
    if not walk.as_ofs:
        raise DataError(f"As-of days of {symbol}. Expected --from before --to, was {first} to {last}")
    unknown = [
        as_of for as_of in walk.as_ofs if not SYMBOL_DAY.has_partition_key(SymbolDay(symbol, as_of).key)
    ]
    if unknown:
        raise DataError(
            f"As-of days of {symbol}. Expected past days in the graph's calendar, was {unknown[-1]}"
        )
    longest = walk.windows_of(last).lookback_days
    if longest > LOOKBACK_DAYS:
        raise DataError(
            f"The look-back of {symbol} {last}. Expected at most {LOOKBACK_DAYS} days, which is what the graph shows "
            f"an as-of day, was {longest}: shorten --train or --every, or let an anchored walk start later"
        )
    for as_of in walk.as_ofs:
        _expect_open(symbol, Fold.before(as_of, walk.windows_of(as_of)))
    return walk


def _expect_open(symbol: str, fold: Fold) -> None:
    """Each window needs a day to learn from or to be judged on."""
    calendar = instrument_of(symbol).calendar
    for option, days in (("--train", fold.train), ("--validate", fold.validate), ("--every", fold.test)):
        if all(is_half_closed(calendar, SymbolDay(symbol, day)) for day in days):
            closed = ", ".join(f"{day:%A} {day}" for day in days)
            raise DataError(
                f"The fold of {symbol} as of {fold.as_of}. Expected an open day in each window, was {closed} for "
                f"{option}: `{option} {LEAST_OPEN}d` reaches over any weekend, or shift --from and --to"
            )
