"""A real daemon over a home of its own, watched from outside."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.scheduler.instigation import InstigatorTick, TickStatus
from dagster._core.storage.dagster_run import FINISHED_STATUSES, NOT_FINISHED_STATUSES

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.environment import read_environment
from ticklake_assets.instance.home import daemon, open_instance
from ticklake_assets.spark.java import find_java
from ticklake_assets_tests.defs.homes import Home

PATIENCE_S = 900
"""Without the end of a run; a quiet machine with two cores needs a tenth of it."""


class Arrivals:
    """What the daemon under a home has done so far."""

    def __init__(self, home: Home, instance: dg.DagsterInstance) -> None:
        self.home, self.instance = home, instance

    def ticks(self) -> Sequence[InstigatorTick]:
        """Looks of the raw sensor, newest first."""
        states = [state for state in self.instance.all_instigator_state() if state.name == "raw_arrivals"]
        return [
            tick
            for state in states
            for tick in self.instance.get_ticks(state.instigator_origin_id, state.selector_id)
            if tick.status is not TickStatus.STARTED
        ]

    def unfinished(self) -> Sequence[dg.DagsterRun]:
        return self.instance.get_runs(dg.RunsFilter(statuses=list(NOT_FINISHED_STATUSES)))

    def settle(self) -> InstigatorTick:
        """Wait until nothing runs and a look that began after that asks for nothing; returns that look."""
        quiet_since = time.time()
        ended, changed = -1, time.monotonic()
        while time.monotonic() - changed < PATIENCE_S:
            if (so_far := self.instance.get_runs_count(dg.RunsFilter(statuses=FINISHED_STATUSES))) != ended:
                ended, changed = so_far, time.monotonic()
            if self.unfinished():
                quiet_since = time.time()
            latest = next(iter(self.ticks()), None)
            if latest and latest.status is TickStatus.SKIPPED and latest.timestamp > quiet_since:
                return latest
            time.sleep(1)
        raise AssertionError(f"unchanged for {PATIENCE_S} s: {[run.status for run in self.unfinished()]}")

    def runs_over(self, day: SymbolDay, since: float = 0.0) -> list[dg.DagsterRun]:
        """Runs that held a day, oldest first."""
        after = datetime.fromtimestamp(since, UTC)
        runs = self.instance.get_runs(dg.RunsFilter(created_after=after), ascending=True)
        return [run for run in runs if day in days_of(run)]


def days_of(run: dg.DagsterRun) -> list[SymbolDay]:
    first, last = (
        SymbolDay.parse(run.tags[f"dagster/asset_partition_range_{end}"]) for end in ("start", "end")
    )
    return [first.shifted(offset) for offset in range((last.trading_day - first.trading_day).days + 1)]


@contextmanager
def environment_of(folder: Path) -> Iterator[None]:
    """What the daemon of a home and its runs inherit: the stack that is up there, else one Spark core.

    Their Java compiles little.
    """
    own = {
        "TICKLAKE_HOME": str(folder),
        "JAVA_HOME": str(find_java(os.environ)),
        "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1",
        "DAGSTER_HOME": "",  # set by `open_instance`, and restored behind it
    }
    with pytest.MonkeyPatch.context() as variables:
        for name, value in ({"TICKLAKE_SPARK_MASTER": "local[1]"} | read_environment(folder) | own).items():
            variables.setenv(name, value)
        yield


@contextmanager
def arrivals(folder: Path) -> Iterator[Arrivals]:
    """A home whose daemon is about to start: deliver the first files, then open `running_daemon`."""
    with environment_of(folder):
        home = Home(folder)
        with open_instance(home.settings) as instance:
            yield Arrivals(home, instance)


@contextmanager
def running_daemon(seen: Arrivals) -> Iterator[None]:
    with daemon(seen.instance, seen.home.settings.dagster_home) as used:
        assert used.is_ours
        yield
