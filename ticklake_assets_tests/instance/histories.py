"""What an instance remembers: jobs to run, sensors, and their looks."""

from __future__ import annotations

import dagster as dg
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

NOW_S = 1_800_000_000.0
_ERROR = SerializableErrorInfo("as asked", [], "RuntimeError")


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


def add_sensor(
    instance: dg.DagsterInstance,
    name: str,
    status: InstigatorStatus = InstigatorStatus.RUNNING,
    code: str = "a",
) -> InstigatorState:
    """A sensor of a code location, as the daemon notes it."""
    loadable = LoadableTargetOrigin(python_file=f"{code}.py")
    location = InProcessCodeLocationOrigin(loadable, location_name=code)
    origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(location, "__repository__"), name)
    return instance.add_instigator_state(
        InstigatorState(origin, InstigatorType.SENSOR, status, SensorInstigatorData())
    )


def add_look(instance: dg.DagsterInstance, sensor: InstigatorState, status: TickStatus, at_s: float) -> None:
    """A look of the sensor at a moment, seconds since the epoch."""
    instance.create_tick(
        TickData(
            sensor.instigator_origin_id,
            sensor.instigator_name,
            InstigatorType.SENSOR,
            status,
            at_s,
            run_ids=[],
            error=_ERROR if status == TickStatus.FAILURE else None,
            selector_id=sensor.selector_id,
        )
    )
