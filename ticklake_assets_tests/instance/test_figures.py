from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import (
    InProcessCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    SensorInstigatorData,
    TickData,
    TickStatus,
)
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster_shared.error import SerializableErrorInfo

from ticklake_assets.instance.figures import PARITY, SHARE, figures_of

NOW_S = 1_800_000_000.0
_ERROR = SerializableErrorInfo("as asked", [], "RuntimeError")


@pytest.fixture(scope="module")
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as made:
        yield made


@dg.op
def fail() -> None:
    raise RuntimeError("as asked")


@dg.op
def work() -> None: ...


@dg.job
def failing() -> None:
    fail()


@dg.job
def working() -> None:
    work()


def test_runs_by_status_and_failures_by_job(instance: dg.DagsterInstance) -> None:
    for job in (failing, working, failing):
        job.execute_in_process(instance=instance, raise_on_error=False)
    found = figures_of(instance, NOW_S, NOW_S)
    assert found.failures == {"failing": 2, "working": 0}
    assert {status: count for status, count in found.runs.items() if count} == {"FAILURE": 2, "SUCCESS": 1}
    assert found.runs.keys() == {status.value for status in dg.DagsterRunStatus}, "0 is a figure, too"


def sensor(
    instance: dg.DagsterInstance, name: str, status: InstigatorStatus, code: str = "a"
) -> InstigatorState:
    loadable = LoadableTargetOrigin(python_file=f"{code}.py")
    location = InProcessCodeLocationOrigin(loadable, location_name=code)
    origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(location, "__repository__"), name)
    return instance.add_instigator_state(
        InstigatorState(origin, InstigatorType.SENSOR, status, SensorInstigatorData())
    )


def look_of(
    instance: dg.DagsterInstance,
    state: InstigatorState,
    status: TickStatus = TickStatus.SUCCESS,
    age_s: float = 0,
    at_s: float = NOW_S,
) -> None:
    instance.create_tick(
        TickData(
            state.instigator_origin_id,
            state.instigator_name,
            InstigatorType.SENSOR,
            status,
            at_s - age_s,
            run_ids=[],
            error=_ERROR if status == TickStatus.FAILURE else None,
            selector_id=state.selector_id,
        )
    )


def test_a_sensor_is_as_old_as_its_last_good_look(instance: dg.DagsterInstance) -> None:
    """One that fails at each look, or hangs in one, looks often enough: only what ended well counts."""
    fails = add_sensor(instance, "fails", InstigatorStatus.RUNNING)
    look_of(instance, fails, TickStatus.SKIPPED, 900)
    look_of(instance, fails, TickStatus.FAILURE, 30)
    look_of(instance, fails, TickStatus.STARTED, 5)
    well = add_sensor(instance, "well", InstigatorStatus.DECLARED_IN_CODE)
    look_of(instance, well, TickStatus.SUCCESS, 20)
    add_sensor(instance, "never_well", InstigatorStatus.RUNNING)
    stopped = add_sensor(instance, "stopped", InstigatorStatus.STOPPED)
    look_of(instance, stopped, TickStatus.SUCCESS, 9000)
    ages = figures_of(instance, NOW_S, watched_since_s=NOW_S - 60).sensor_ages_s
    assert ages == {"fails": 900, "well": 20, "never_well": 60}, "what is stopped shall not look"


def test_an_old_code_location_makes_no_sensor_old(instance: dg.DagsterInstance) -> None:
    for code, age_s in (("old", 86_400), ("new", 15), ("older", 900_000)):
        look_of(
            instance, add_sensor(instance, "same", InstigatorStatus.RUNNING, code), TickStatus.SKIPPED, age_s
        )
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
