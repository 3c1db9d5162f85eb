import signal
import time
from contextlib import suppress
from datetime import date

import dagster as dg
import pytest

from ticklake_assets.core.calendar import calendar_days
from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.instance.ranges import materialize_range

PARTITIONS = dg.MultiPartitionsDefinition(
    {
        "symbol": dg.StaticPartitionsDefinition(["EURUSD", "USDJPY"]),
        "trading_day": dg.DailyPartitionsDefinition("2024-01-01"),
    }
)
DAYS = [SymbolDay("EURUSD", day) for day in calendar_days(date(2024, 1, 30), date(2024, 2, 2))]


@dg.asset(partitions_def=PARTITIONS, backfill_policy=dg.BackfillPolicy.multi_run(31), group_name="one")
def first() -> dg.MaterializeResult:
    return dg.MaterializeResult()


@dg.asset(
    partitions_def=PARTITIONS, backfill_policy=dg.BackfillPolicy.multi_run(31), deps=[first], group_name="two"
)
def second(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    if "EURUSD|2024-02-02" in context.partition_keys:
        raise MissingDataError("the second of February is not there")
    return dg.MaterializeResult(metadata={"days": len(context.partition_keys)})


DEFINITIONS = dg.Definitions(assets=[first, second], executor=dg.in_process_executor)


def materialized(result: dg.ExecuteInProcessResult) -> set[tuple[str, str | None]]:
    return {
        (event.asset_key.to_user_string(), event.partition)
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }


@pytest.mark.parametrize("days", [DAYS[:1], DAYS[:3]], ids=["a day", "days"])
def test_a_selection_is_run_over_all_days_at_once(days: list[SymbolDay]) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        result = materialize_range(DEFINITIONS, dg.AssetSelection.groups("one", "two"), days, instance)
        assert materialized(result) == {(name, day.key) for name in ("first", "second") for day in days}
        assert instance.get_runs_count() == 1
        latest = instance.get_latest_materialization_event(dg.AssetKey("second"))
        assert latest is not None
        assert latest.asset_materialization is not None
        assert latest.asset_materialization.metadata["days"].value == len(days)


def test_only_what_is_selected_runs() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        result = materialize_range(DEFINITIONS, dg.AssetSelection.groups("one"), DAYS, instance)
        assert {name for name, _ in materialized(result)} == {"first"}


@pytest.mark.parametrize("days", [DAYS[:1], DAYS[:3]], ids=["a day", "days"])
def test_the_run_says_its_target(days: list[SymbolDay]) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        materialize_range(DEFINITIONS, dg.AssetSelection.groups("one"), days, instance)
        (run,) = instance.get_runs()
        assert run.asset_selection == {dg.AssetKey("first")}


def test_what_an_asset_raises_is_raised() -> None:
    with (
        dg.DagsterInstance.ephemeral() as instance,
        pytest.raises(MissingDataError, match="second of February"),
    ):
        materialize_range(DEFINITIONS, dg.AssetSelection.groups("one", "two"), DAYS, instance)


def test_what_a_resource_raises_is_raised() -> None:
    @dg.resource
    def absent(_: dg.InitResourceContext) -> None:
        raise MissingDataError("nobody is there")

    @dg.asset(partitions_def=PARTITIONS, required_resource_keys={"absent"}, group_name="poor")
    def poor() -> None:
        pass

    definitions = dg.Definitions([poor], resources={"absent": absent}, executor=dg.in_process_executor)
    with (
        dg.DagsterInstance.ephemeral() as instance,
        pytest.raises(MissingDataError, match=r"^nobody is there$"),
    ):
        materialize_range(definitions, dg.AssetSelection.groups("poor"), DAYS[:1], instance)


def test_days_that_failed_are_one_line() -> None:
    @dg.asset(partitions_def=PARTITIONS, backfill_policy=dg.BackfillPolicy.multi_run(31), group_name="bad")
    def bad() -> dg.MaterializeResult:
        raise dg.Failure("1 of 4 partitions failed")

    definitions = dg.Definitions(assets=[bad], executor=dg.in_process_executor)
    with (
        dg.DagsterInstance.ephemeral() as instance,
        pytest.raises(DataError, match=r"^1 of 4 partitions failed$"),
    ):
        materialize_range(definitions, dg.AssetSelection.groups("bad"), DAYS, instance)


def test_the_console_is_quiet_while_all_is_well(capfd: pytest.CaptureFixture[str]) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        materialize_range(DEFINITIONS, dg.AssetSelection.groups("one"), DAYS, instance)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_that_a_library_has_caught_is_raised_behind_the_run(sent: signal.Signals) -> None:
    """Else Ctrl-C at such a moment ends nothing, and a command goes on with its next run."""

    @dg.asset(partitions_def=PARTITIONS, group_name="deaf")
    def deaf() -> None:
        with suppress(BaseException):
            signal.raise_signal(sent)
            time.sleep(10)

    definitions = dg.Definitions(assets=[deaf], executor=dg.in_process_executor)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # as every command has it
    try:
        with dg.DagsterInstance.ephemeral() as instance:
            with pytest.raises(KeyboardInterrupt):
                materialize_range(definitions, dg.AssetSelection.groups("deaf"), DAYS[:1], instance)
            assert [run.status for run in instance.get_runs()] == [dg.DagsterRunStatus.SUCCESS]
    finally:
        signal.signal(signal.SIGTERM, before)
