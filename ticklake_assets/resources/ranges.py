"""Materialize a range of partitions in this process, on the instance that the UI shows."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from ticklake_assets.core.symbol_day import SymbolDay


def materialize_range(
    definitions: dg.Definitions,
    selection: dg.AssetSelection,
    days: Sequence[SymbolDay],
    instance: dg.DagsterInstance,
    run_id: str | None = None,
) -> dg.ExecuteInProcessResult:
    """Run `selection` over contiguous `days` of one symbol as one run; raises what an asset raises.

    The console hears of errors alone; the instance keeps every event.
    """
    config = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}
    keys = selection.resolve(definitions.resolve_asset_graph())
    job = definitions.resolve_implicit_global_asset_job_def().get_subset(asset_selection=keys)
    if len(days) == 1:
        return job.execute_in_process(config, instance, days[0].key, run_id=run_id)
    tags = {ASSET_PARTITION_RANGE_START_TAG: days[0].key, ASSET_PARTITION_RANGE_END_TAG: days[-1].key}
    return job.execute_in_process(config, instance, tags=tags, run_id=run_id)
