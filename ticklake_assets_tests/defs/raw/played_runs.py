"""The raw sensor with runs that are played: sealing, typing and markers are real, Spark and Iceberg are not there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import dagster as dg
from dagster._core.definitions.sensor_definition import SensorExecutionData
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG
from dagster._core.test_utils import create_run_for_test

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.defs.raw.sensors import raw_arrivals
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.partitions.csv_ingest import ingest
from ticklake_assets.storage.raw.sealed_bytes import read_sealed
from ticklake_assets.storage.raw.seals import seal_day
from ticklake_assets.storage.raw.state import forget_made_from, write_made_from, write_refusal
from ticklake_assets_tests.defs.homes import Home

MOST_LOOKS = 600


def days_of(request: dg.RunRequest) -> list[SymbolDay]:
    first = SymbolDay.parse(request.tags[ASSET_PARTITION_RANGE_START_TAG])
    last = SymbolDay.parse(request.tags[ASSET_PARTITION_RANGE_END_TAG])
    count = (last.trading_day - first.trading_day).days + 1
    return [first.shifted(offset) for offset in range(count)]


class Player:
    """Looks, and plays what the looks ask for."""

    def __init__(self, home: Home, instance: dg.DagsterInstance) -> None:
        self.home, self.instance = home, instance
        self.gold: Counter[SymbolDay] = Counter()
        """How often each day's gold was made."""
        self.tried: Counter[SymbolDay] = Counter()
        """How many runs held each day."""
        self.requests: list[dg.RunRequest] = []
        self.cursors: list[str] = []
        self.deadly: Collection[SymbolDay] = ()
        """Days whose runs die without a word."""

    def look(self) -> SensorExecutionData:
        context = dg.build_sensor_context(instance=self.instance, resources={"lake": self.home.lake})
        seen = raw_arrivals.evaluate_tick(context)
        self.cursors.append(seen.cursor or "")
        return seen

    def launch(self, request: dg.RunRequest) -> dg.DagsterRun:
        """Start the run; it stays in flight."""
        assert request.job_name is not None
        status = dg.DagsterRunStatus.STARTED
        return create_run_for_test(self.instance, request.job_name, tags=request.tags, status=status)

    def finish(self, request: dg.RunRequest, run: dg.DagsterRun) -> None:
        days = days_of(request)
        self.requests.append(request)
        self.tried.update(days)
        succeeded = self._play(request.job_name, days)
        kind = dg.DagsterEventType.RUN_SUCCESS if succeeded else dg.DagsterEventType.RUN_FAILURE
        event = dg.DagsterEvent(kind.value, job_name=run.job_name)
        self.instance.report_dagster_event(event, run.run_id)

    def settle(self) -> str:
        """Look and play until a look asks for nothing; returns what that look says."""
        for _ in range(MOST_LOOKS):
            seen = self.look()
            if not seen.run_requests:
                assert seen.skip_message is not None
                return seen.skip_message
            for request in seen.run_requests:
                self.finish(request, self.launch(request))
        raise AssertionError(f"after {MOST_LOOKS} looks something is still asked for")

    def _play(self, job: str | None, days: list[SymbolDay]) -> bool:
        store = self.home.store
        if set(days) & set(self.deadly):
            return False
        for layer in ("raw",) if job == "reseal_raw" else ("raw", "parquet"):
            if [day for day in days if not _attempt(store, day, layer)]:
                return False
        if job == "reseal_raw":
            return True
        for day in days:
            self.gold[day] += 1
            forget_made_from(store, day)
            write_made_from(store, day, seal_day(store, day).sha256, {})
        return True


def _attempt(store: ObjectStore, day: SymbolDay, layer: str) -> bool:
    """What the real asset does with a day at that layer, as far as the sensor can see it."""
    try:
        seal = seal_day(store, day)
        if layer == "parquet":
            ingest(read_sealed(store, seal), day, seal.key, seal.rows)
    except DataError as error:
        write_refusal(store, day, layer, str(error))
        return False
    return True
