"""The graph as Dagster loads it, over a home of its own, executed in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.definitions import defs
from ticklake_assets.instance.ranges import materialize_range
from ticklake_assets_tests.defs.homes import Home

TO_GOLD = ("raw", "parquet", "clean", "gold")


class Graph:
    """Materialize groups of assets over days and ask what became of them."""

    def __init__(self, home: Home, definitions: dg.Definitions, instance: dg.DagsterInstance) -> None:
        self.home, self.definitions, self.instance = home, definitions, instance

    def run(self, days: Sequence[SymbolDay], *groups: str) -> dg.ExecuteInProcessResult:
        return materialize_range(self.definitions, dg.AssetSelection.groups(*groups), days, self.instance)

    def failure(self, days: Sequence[SymbolDay], *groups: str) -> dg.Failure:
        """What a run that must fail says."""
        with pytest.raises(DataError) as raised:
            self.run(days, *groups)
        failure = raised.value.__cause__
        assert isinstance(failure, dg.Failure)
        assert str(raised.value) == failure.description
        return failure

    def metadata(self, asset: str, day: SymbolDay) -> dict[str, Any]:
        """Values of the day's latest materialization of an asset like `clean/ticks`."""
        wanted = dg.AssetRecordsFilter(dg.AssetKey(asset.split("/")), asset_partitions=[day.key])
        (record,) = self.instance.fetch_materializations(wanted, limit=1).records
        assert record.asset_materialization is not None
        return {name: value.value for name, value in record.asset_materialization.metadata.items()}

    def is_materialized(self, asset: str, day: SymbolDay) -> bool:
        wanted = dg.AssetRecordsFilter(dg.AssetKey(asset.split("/")), asset_partitions=[day.key])
        return bool(self.instance.fetch_materializations(wanted, limit=1).records)


def failure_of(run: Callable[[], object]) -> dg.Failure:
    """The failure of days behind the error that `materialize_range` raises."""
    with pytest.raises(DataError) as raised:
        run()
    failure = raised.value.__cause__
    assert isinstance(failure, dg.Failure)
    return failure


def load_graph(folder: Path, instance: dg.DagsterInstance, **settings: str) -> Graph:
    """Load the definitions as a process with these `TICKLAKE_` settings would."""
    # The session of the tests: a process with a Spark of its own cannot ask a server beside it.
    environment: Mapping[str, str] = {"home": str(folder), "spark_master": "local[2]", **settings}
    with pytest.MonkeyPatch.context() as variables:
        for name, value in environment.items():
            variables.setenv(f"TICKLAKE_{name.upper()}", value)
        return Graph(Home(folder), defs(), instance)
