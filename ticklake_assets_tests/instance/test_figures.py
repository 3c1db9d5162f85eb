from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.scheduler.instigation import InstigatorStatus, TickStatus

from ticklake_assets.defs.ops import assets
from ticklake_assets.instance.figures import PARITY, SHARE, figures_of
from ticklake_assets_tests.instance.histories import NOW_S, add_look, add_sensor, failing, working


@pytest.fixture(scope="module")
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as made:
        yield made


def test_runs_by_status_and_failures_by_job(instance: dg.DagsterInstance) -> None:
    for job in (failing, working, failing):
        job.execute_in_process(instance=instance, raise_on_error=False)
    found = figures_of(instance, NOW_S, NOW_S)
    assert found.failures == {"failing": 2, "working": 0}
    assert {status: count for status, count in found.runs.items() if count} == {"FAILURE": 2, "SUCCESS": 1}
    assert found.runs.keys() == {status.value for status in dg.DagsterRunStatus}, "0 is a figure, too"


def test_a_sensor_is_as_old_as_its_last_good_look(instance: dg.DagsterInstance) -> None:
    """One that fails at each look, or hangs in one, looks often enough: only what ended well counts."""
    fails = add_sensor(instance, "fails")
    for status, age_s in ((TickStatus.SKIPPED, 900), (TickStatus.FAILURE, 30), (TickStatus.STARTED, 5)):
        add_look(instance, fails, status, NOW_S - age_s)
    add_look(
        instance,
        add_sensor(instance, "well", InstigatorStatus.DECLARED_IN_CODE),
        TickStatus.SUCCESS,
        NOW_S - 20,
    )
    add_sensor(instance, "never_well")
    stopped = add_sensor(instance, "stopped", InstigatorStatus.STOPPED)
    add_look(instance, stopped, TickStatus.SUCCESS, NOW_S - 9000)
    ages = figures_of(instance, NOW_S, watched_since_s=NOW_S - 60).sensor_ages_s
    assert ages == {"fails": 900, "well": 20, "never_well": 60}, "what is stopped shall not look"


def test_an_old_code_location_makes_no_sensor_old(instance: dg.DagsterInstance) -> None:
    for code, age_s in (("old", 86_400), ("new", 15), ("older", 900_000)):
        add_look(instance, add_sensor(instance, "same", code=code), TickStatus.SKIPPED, NOW_S - age_s)
    assert figures_of(instance, NOW_S, NOW_S).sensor_ages_s["same"] == 15


def test_parity_is_that_of_the_last_day_and_its_last_word(instance: dg.DagsterInstance) -> None:
    for partition, metadata in (
        ("EURUSD|2024-01-16", {SHARE: 0.5}),
        ("EURUSD|2024-01-16", {SHARE: 1.0}),
        ("EURUSD|2024-01-15", {SHARE: 0.25}),  # an older day, recounted later
        ("EURUSD|2024-01-17", {"other": 1}),
        ("GBPJPY|2024-01-15", {SHARE: 0.75}),
    ):
        made = dg.AssetMaterialization(PARITY, partition=partition, metadata=metadata)
        instance.report_runless_asset_event(made)
    assert figures_of(instance, NOW_S, NOW_S).parity == {"EURUSD": 1.0, "GBPJPY": 0.75}


def test_parity_is_where_the_graph_leaves_it() -> None:
    assert assets.PARITY == PARITY
    assert f'"{SHARE}": own.share' in Path(assets.__file__).read_text()
