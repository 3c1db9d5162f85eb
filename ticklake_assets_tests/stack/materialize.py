"""Materialize groups of assets over days, as a run process of this environment would.

`python -m ticklake_assets_tests.stack.materialize raw,parquet 'SYNEUR|2024-01-01' 'SYNEUR|2024-01-31'`
"""

from __future__ import annotations

import sys

import dagster as dg

from ticklake_assets.core.errors import TicklakeError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.definitions import defs
from ticklake_assets.instance.ranges import materialize_range


def main(groups: str, first: str, last: str) -> None:
    day, until = SymbolDay.parse(first), SymbolDay.parse(last)
    days = [day.shifted(offset) for offset in range((until.trading_day - day.trading_day).days + 1)]
    with dg.DagsterInstance.ephemeral() as instance:
        try:
            materialize_range(defs(), dg.AssetSelection.groups(*groups.split(",")), days, instance)
        except TicklakeError as error:
            sys.exit(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
