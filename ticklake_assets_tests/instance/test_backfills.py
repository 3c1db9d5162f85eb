from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

import dagster as dg
import pytest
from dagster._core.asset_graph_view.asset_graph_view import AssetGraphView, TemporalContext
from dagster._core.execution.asset_backfill import execute_asset_backfill_iteration_inner
from dagster._core.execution.backfill import BulkActionStatus
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    BACKFILL_ID_TAG,
)
from dagster._core.test_utils import in_process_test_workspace
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from ticklake_assets.core.calendar import calendar_days
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.definitions import defs
from ticklake_assets.defs.landing.assets import landing_run_config
from ticklake_assets.instance.backfills import FINISHED, await_backfill, cancel_backfill, request_backfill
from ticklake_assets.resources.landing import SourceConfig

# Dagster 1.13 itself asks schedules for a property that it no longer uses.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Property `ScheduleDefinition.environment_vars`:DeprecationWarning"
)

TO_GOLD = dg.AssetSelection.groups("landing", "raw", "parquet", "clean", "gold")
LEAP_YEAR = calendar_days(date(2024, 1, 1), date(2024, 12, 31))


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return defs()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as made:
        yield made


def days_of(symbol: str, days: Sequence[date]) -> list[SymbolDay]:
    return [SymbolDay(symbol, day) for day in days]


def runs_of(
    instance: dg.DagsterInstance,
    definitions: dg.Definitions,
    days: list[SymbolDay],
    run_config: dict[str, object] | None = None,
) -> list[dg.RunRequest]:
    """What the daemon's first look at the backfill asks for; Dagster's own code, nothing is launched."""
    assets = sorted(TO_GOLD.resolve(definitions.resolve_asset_graph()))
    backfill_id = request_backfill(instance, definitions, assets, days, "a test", run_config)
    backfill = instance.get_backfill(backfill_id)
    assert backfill is not None
    origin = LoadableTargetOrigin(executable_path=sys.executable, module_name="ticklake_assets.definitions")
    with in_process_test_workspace(instance, origin) as workspace:
        now = TemporalContext(
            effective_dt=datetime.fromtimestamp(backfill.backfill_timestamp, UTC), last_event_id=None
        )
        result = execute_asset_backfill_iteration_inner(
            backfill.backfill_id,
            backfill.get_asset_backfill_data(workspace.asset_graph),
            AssetGraphView(temporal_context=now, instance=instance, asset_graph=workspace.asset_graph),
            backfill.backfill_timestamp,
            logging.getLogger("test"),
            run_config=backfill.run_config,
        )
    assert all(sorted(request.asset_selection or []) == assets for request in result.run_requests)
    return list(result.run_requests)


def covered(request: dg.RunRequest) -> list[SymbolDay]:
    first = SymbolDay.parse(request.tags[ASSET_PARTITION_RANGE_START_TAG])
    last = SymbolDay.parse(request.tags[ASSET_PARTITION_RANGE_END_TAG])
    assert first.symbol == last.symbol
    return days_of(first.symbol, calendar_days(first.trading_day, last.trading_day))


@pytest.mark.slow
def test_a_year_is_at_most_thirteen_runs(instance: dg.DagsterInstance, definitions: dg.Definitions) -> None:
    year = days_of("SYNEUR", LEAP_YEAR)
    requests = runs_of(instance, definitions, year)
    assert len(requests) == 12
    assert sorted(day for request in requests for day in covered(request)) == year


def test_two_symbols_are_backfilled_together_and_never_share_a_run(
    instance: dg.DagsterInstance, definitions: dg.Definitions
) -> None:
    """31 days share a run, so that a year is 12 runs; a day more is another run."""
    days = days_of("SYNJPY", LEAP_YEAR[:32]) + days_of("SYNEUR", LEAP_YEAR[:31])
    requests = runs_of(instance, definitions, days)
    assert Counter(covered(request)[0].symbol for request in requests) == {"SYNEUR": 1, "SYNJPY": 2}
    assert sorted(day for request in requests for day in covered(request)) == sorted(days)


def test_run_config_goes_with_every_run(instance: dg.DagsterInstance, definitions: dg.Definitions) -> None:
    config = landing_run_config(SourceConfig(source="folder", source_dir="/ticks"))
    requests = runs_of(instance, definitions, days_of("EURUSD", LEAP_YEAR[:40]), config)
    assert [request.run_config for request in requests] == [config] * 2


@pytest.mark.parametrize("end", FINISHED, ids=lambda status: status.value)
def test_a_backfill_is_awaited_to_its_end_and_its_success_told(
    instance: dg.DagsterInstance, definitions: dg.Definitions, end: BulkActionStatus
) -> None:
    assets = sorted(TO_GOLD.resolve(definitions.resolve_asset_graph()))
    backfill_id = request_backfill(instance, definitions, assets, days_of("SYNEUR", LEAP_YEAR[:3]), "")
    seen: list[str] = []

    def end_it(status: str, runs: list[dg.DagsterRun]) -> None:
        seen.append(status)
        backfill = instance.get_backfill(backfill_id)
        assert backfill is not None
        instance.update_backfill(backfill.with_status(end))

    assert await_backfill(instance, backfill_id, end_it) == (end is BulkActionStatus.COMPLETED_SUCCESS)
    assert seen == [BulkActionStatus.REQUESTED.value, end.value]


def test_a_backfill_is_cancelled_once_none_of_its_runs_goes_on(
    instance: dg.DagsterInstance, definitions: dg.Definitions
) -> None:
    assets = sorted(TO_GOLD.resolve(definitions.resolve_asset_graph()))
    backfill_id = request_backfill(instance, definitions, assets, days_of("SYNEUR", LEAP_YEAR[:3]), "")
    requested = instance.get_backfill(backfill_id)
    assert requested is not None
    run = instance.create_run_for_job(
        definitions.resolve_implicit_global_asset_job_def(), tags={BACKFILL_ID_TAG: backfill_id}
    )
    seen: list[tuple[str, bool]] = []

    def be_the_daemon(status: str, runs: list[dg.DagsterRun]) -> None:
        """One look writes an old state over what was asked; then it is cancelled, and the run ends last."""
        seen.append((status, runs[0].is_finished))
        if len(seen) == 1:
            instance.update_backfill(requested)
        elif status == BulkActionStatus.CANCELING.value:
            instance.update_backfill(requested.with_status(BulkActionStatus.CANCELED))
        elif status == BulkActionStatus.CANCELED.value:
            instance.report_run_canceled(run)

    cancel_backfill(instance, backfill_id, be_the_daemon)
    states = [("REQUESTED", False)] * 2 + [("CANCELING", False), ("CANCELED", False), ("CANCELED", True)]
    assert seen == states
