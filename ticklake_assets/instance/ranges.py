"""Materialize a range of partitions in this process, on the instance that the UI shows."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg
from dagster._core.errors import DagsterExecutionInterruptedError, DagsterResourceFunctionError
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from ticklake_assets.core.errors import DataError, TicklakeError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.instance.in_process_runs import process_tag
from ticklake_assets.interrupts import no_interrupt_lost


def materialize_range(
    definitions: dg.Definitions,
    selection: dg.AssetSelection,
    days: Sequence[SymbolDay],
    instance: dg.DagsterInstance,
    run_id: str | None = None,
) -> dg.ExecuteInProcessResult:
    """Run `selection` over contiguous `days` of one symbol as one run; the instance keeps every event.

    Raises what an asset or a resource raises; a failed range is a DataError that names its first bad day, an
    interruption is a KeyboardInterrupt as anywhere else.
    """
    config = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    keys = list(
        selection.resolve(definitions.resolve_asset_graph())
    )  # named, so that the run says its target
    job = definitions.resolve_implicit_global_asset_job_def()
    span = {ASSET_PARTITION_RANGE_START_TAG: days[0].key, ASSET_PARTITION_RANGE_END_TAG: days[-1].key}
    one_day = days[0].key if len(days) == 1 else None
    tags = process_tag() | ({} if one_day else span)
    try:
        with no_interrupt_lost():
            return job.execute_in_process(
                config, instance, one_day, tags=tags, run_id=run_id, asset_selection=keys
            )
    except dg.Failure as failure:
        raise DataError(failure.description or "the run failed") from failure
    except DagsterExecutionInterruptedError:
        raise KeyboardInterrupt from None
    except DagsterResourceFunctionError as error:
        if isinstance(error.__cause__, TicklakeError):
            raise error.__cause__ from None
        raise
