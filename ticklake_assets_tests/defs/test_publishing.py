from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import dagster as dg
import pytest

from ticklake_assets.core.errors import DataError, MissingDataError, TransientError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.partitions import MONTH_A_RUN, SYMBOL_DAY, days_of_run
from ticklake_assets.defs.publishing import DayLedger, Event
from ticklake_assets.instance.ranges import materialize_range
from ticklake_assets_tests.defs.graphs import failure_of
from ticklake_assets_tests.defs.homes import Home, days_from

KEY = dg.AssetKey("stage")
DAYS = days_from("EURUSD", "2024-01-15", 4)


def stage_that(home: Home, faults: Mapping[SymbolDay, Exception]) -> dg.Definitions:
    """An asset that publishes each day, but for the days of `faults`."""

    @dg.asset(key=KEY, partitions_def=SYMBOL_DAY, backfill_policy=MONTH_A_RUN)
    def stage(context: dg.AssetExecutionContext) -> Iterator[Event]:
        ledger = DayLedger(context, home.store, "parquet")
        for day in days_of_run(context):
            with ledger.attempt(day):
                if day in faults:
                    raise faults[day]
                ledger.publish(day, {"day": str(day.trading_day)})
        yield from ledger.close()

    return dg.Definitions(assets=[stage], executor=dg.in_process_executor)


def run(definitions: dg.Definitions, days: list[SymbolDay], instance: dg.DagsterInstance) -> None:
    materialize_range(definitions, dg.AssetSelection.assets(KEY), days, instance)


def published(instance: dg.DagsterInstance) -> dict[str | None, object]:
    records = instance.fetch_materializations(KEY, limit=100).records
    found = [record.asset_materialization for record in records]
    return {one.partition: one.metadata["day"].value for one in found if one}


@pytest.mark.parametrize("days", [DAYS[:1], DAYS], ids=["a day", "days"])
def test_each_day_has_its_own_metadata(tmp_path: Path, days: list[SymbolDay]) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run(stage_that(Home(tmp_path), {}), days, instance)
        assert published(instance) == {day.key: str(day.trading_day) for day in days}


@pytest.mark.parametrize("bad", [0, 2, 3], ids=["first", "middle", "last"])
def test_a_bad_day_is_named_and_the_others_are_published(tmp_path: Path, bad: int) -> None:
    home = Home(tmp_path)
    home.land(DAYS)
    with dg.DagsterInstance.ephemeral() as instance:
        stage = stage_that(home, {DAYS[bad]: DataError("wrong. Expected 1, was 2")})
        failure = failure_of(lambda: run(stage, DAYS, instance))
        good = [day for day in DAYS if day != DAYS[bad]]
        assert published(instance) == {day.key: str(day.trading_day) for day in good}
    said = "1 of 4 partitions failed at parquet"
    assert failure.description == f"{said}, first {DAYS[bad]}: wrong. Expected 1, was 2"
    assert failure.metadata[DAYS[bad].key].value == "DataError: wrong. Expected 1, was 2"
    assert [home.refused_at(day) for day in DAYS] == [["parquet"] if day == DAYS[bad] else [] for day in DAYS]


def test_only_what_is_wrong_for_good_is_refused_and_never_retried(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.land(DAYS)
    wrong = DataError("wrong")
    for faults, may_retry in (
        ({DAYS[0]: wrong}, False),
        ({DAYS[1]: TransientError("busy")}, True),
        ({DAYS[0]: wrong, DAYS[2]: MissingDataError("not there")}, True),
    ):
        stage = stage_that(home, faults)
        with dg.DagsterInstance.ephemeral() as instance:
            assert failure_of(partial(run, stage, DAYS, instance)).allow_retries == may_retry
    assert [home.refused_at(day) for day in DAYS] == [["parquet"], [], [], []]


def test_an_error_that_nobody_foresaw_ends_the_run(tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        with pytest.raises(ZeroDivisionError):
            run(stage_that(Home(tmp_path), {DAYS[1]: ZeroDivisionError()}), DAYS, instance)
        assert published(instance) == {}
