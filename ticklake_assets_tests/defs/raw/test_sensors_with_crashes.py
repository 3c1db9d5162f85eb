"""What no test of a healthy daemon shows: it is killed, its runs are killed, thousands of files come at once.

In a folder, and on S3 and Postgres.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import pytest

from ticklake_assets.core.day_files import raw_key
from ticklake_assets.core.schemas import CSV_HEADER
from ticklake_assets.defs.raw.planning import LONGEST_RANGE
from ticklake_assets.defs.raw.sensors import MOST_RUNS_A_LOOK
from ticklake_assets.instance.home import WORKSPACE, is_daemon_alive
from ticklake_assets_tests.defs.homes import days_from, materializations
from ticklake_assets_tests.defs.raw.arrivals import Arrivals, arrivals, days_of, running_daemon
from ticklake_assets_tests.defs.raw.places import PLACES, Place

pytestmark = pytest.mark.timeout(3_600)


@pytest.fixture(params=PLACES)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A home, and what runs there."""
    place: Place = request.param
    with place.services(tmp_path):
        yield tmp_path


def await_that(condition: Callable[[], bool], patience_s: float = 600) -> None:
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def running(seen: Arrivals) -> list[dg.DagsterRun]:
    return list(seen.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])))


def test_after_a_daemon_and_its_runs_were_killed_the_next_one_finds_what_is_left(folder: Path) -> None:
    days = days_from("EURUSD", "2024-01-15", 3)
    with arrivals(folder) as seen:
        seen.home.land(days)
        program = Path(sys.executable).parent / "dagster-daemon"
        with subprocess.Popen([program, "run", "-w", WORKSPACE], start_new_session=True) as killed:
            await_that(lambda: bool(running(seen)))
            os.killpg(killed.pid, signal.SIGKILL)
        (lost,) = running(seen)
        await_that(lambda: not is_daemon_alive(seen.instance))
        with running_daemon(seen):
            look = seen.settle()
        assert (look.skip_reason or "").startswith("3 objects: 3 days in gold, 0 to build")
        assert materializations(seen.instance) == {day.key: 1 for day in days}
        first, second = seen.runs_over(days[0])
        assert (first.run_id, first.status) == (lost.run_id, dg.DagsterRunStatus.FAILURE)
        assert second.status is dg.DagsterRunStatus.SUCCESS


def test_a_killed_run_is_launched_again_once(folder: Path) -> None:
    """By the next look alone: Dagster's own retries would launch it a second time."""
    days = days_from("EURUSD", "2024-01-15", 2)
    with arrivals(folder) as seen:
        seen.home.land(days)
        with running_daemon(seen):
            await_that(lambda: bool(running(seen)))
            os.kill(process_of(seen, running(seen)[0]), signal.SIGKILL)
            seen.settle()
        statuses = [run.status for run in seen.runs_over(days[0])]
        assert statuses == [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS]
        assert materializations(seen.instance) == {day.key: 1 for day in days}


def process_of(seen: Arrivals, run: dg.DagsterRun) -> int:
    said = " ".join(entry.message for entry in seen.instance.all_logs(run.run_id))
    (pid,) = set(re.findall(r"\(pid: (\d+)\)", said))
    return int(pid)


@pytest.mark.slow
def test_two_thousand_files_at_once_reach_gold_once(folder: Path) -> None:
    """Files of closed days: Spark is not asked, everything else is."""
    symbols = ("AUDUSD", "EURUSD", "GBPUSD", "USDJPY")
    days = [day for symbol in symbols for day in days_from(symbol, "2021-03-01", 500)]
    data = f"{CSV_HEADER}\n".encode()
    with arrivals(folder) as seen, running_daemon(seen):
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda day: seen.home.store.create(raw_key(day), data), days))
        look = seen.settle()
        assert (look.skip_reason or "").startswith("2000 objects: 2000 days in gold, 0 to build")
        assert materializations(seen.instance) == {day.key: 1 for day in days}
        lengths = [len(days_of(run)) for run in seen.instance.get_runs()]
        assert max(lengths) == LONGEST_RANGE
        # A look that sees some of the files asks for the ranges so far, which may be short.
        assert len(symbols) * 17 <= len(lengths) <= len(symbols) * 17 + MOST_RUNS_A_LOOK
        assert max(len(tick.cursor or "") for tick in seen.ticks()) < 1_000
