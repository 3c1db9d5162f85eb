"""The one partition definition of the graph, and how an as-of day looks back on days.

Up to gold a partition is a symbol's UTC day; from the dataset on the day is the *as-of* day: the asset may know
everything before its 00:00 UTC. Dimensions sort by name, so keys read `EURUSD|2024-01-15`.
"""

from __future__ import annotations

from datetime import date

import dagster as dg

from ticklake_assets.core.instruments import INSTRUMENTS
from ticklake_assets.core.symbol_day import SymbolDay

FIRST_DAY = date(2010, 1, 1)
"""14 symbols x 17 years stay under the 100,000 partitions an asset that Dagster recommends."""

LOOKBACK_DAYS = 80
"""The furthest that an as-of day sees: long histories train 60, validate 10 and test 10 days."""

WALK_FORWARD_DAYS = 90
"""How far back the graph shows a walk-forward tested folds, and how far it chains them unless told how many.

Dagster compares versions of fewer than 100 partitions: a report on more would no longer turn stale with its folds.
"""

SYMBOL_DAY = dg.MultiPartitionsDefinition(
    {
        "symbol": dg.StaticPartitionsDefinition(sorted(INSTRUMENTS)),
        "trading_day": dg.DailyPartitionsDefinition(start_date=FIRST_DAY.isoformat()),
    }
)

MONTH_A_RUN = dg.BackfillPolicy.multi_run(31)
"""Landing to gold share runs of up to a month: Spark's start-up is paid once a run, a year is at most 13 runs."""

ONE_A_RUN = dg.BackfillPolicy.multi_run(1)
"""From the dataset on one as-of day a run: a range would merge the look-backs."""


def days_before(days: int, *, through_as_of: bool = False) -> dg.MultiPartitionMapping:
    """Map an as-of day to the `days` days before it, so that the graph itself cannot show it the future."""
    window = dg.TimeWindowPartitionMapping(start_offset=-days, end_offset=0 if through_as_of else -1)
    return dg.MultiPartitionMapping(
        {
            "symbol": dg.DimensionPartitionMapping("symbol", dg.IdentityPartitionMapping()),
            "trading_day": dg.DimensionPartitionMapping("trading_day", window),
        }
    )


def days_of_run(context: dg.AssetExecutionContext) -> list[SymbolDay]:
    """The symbol-days of a run, sorted; a range run has several."""
    return sorted(SymbolDay.parse(key) for key in context.partition_keys)


def as_of(context: dg.AssetExecutionContext) -> SymbolDay:
    """The as-of day of a run."""
    return SymbolDay.parse(context.partition_key)
