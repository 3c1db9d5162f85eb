"""Days on S3, cleaned by the asset itself on every kind of Spark, against the oracle."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from subprocess import Popen

import pytest

from stack import supervisor
from stack.process import marked
from stack.services.spark import SparkConnect
from stack.services.spark_cluster import SparkMaster, SparkWorker
from stack.site import Site
from ticklake_assets.core.calendar import calendar_days
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.folder import FolderSource
from ticklake_assets.sources.synthetic import Market, SyntheticSource
from ticklake_assets.storage.partitions.generations import sweep
from ticklake_assets_tests.stack.conftest import require
from ticklake_assets_tests.stack.lakes import StackLake
from ticklake_assets_tests.stack.scripted import kill

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

REAL_MONTH = [SymbolDay("GBPJPY", day) for day in calendar_days(date(2012, 12, 1), date(2012, 12, 31))]
DAYS = [SymbolDay("SYNEUR", day) for day in calendar_days(date(2024, 1, 1), date(2024, 1, 14))]
MARKET = SyntheticSource(seed=7, strength=1.0, dirty=True, market=Market(ticks_a_day=20_000))
CHAIN = [SparkMaster(), SparkWorker(), SparkConnect()]
PATIENCE_S = 300


@pytest.fixture(scope="module")
def month(spark_site: Site, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> StackLake:
    """A month of real ticks in the Parquet layer."""
    require(spark_site, "seaweedfs")
    lake = StackLake(spark_site, "month", tmp_path_factory.mktemp("month"))
    lake.fill(FolderSource(shared_data / "dukascopy" / "GBPJPY"), REAL_MONTH)
    return lake


@pytest.fixture(scope="module")
def lake(spark_site: Site, tmp_path_factory: pytest.TempPathFactory) -> StackLake:
    """Two weeks of a dirty synthetic market in the Parquet layer."""
    require(spark_site, "seaweedfs")
    lake = StackLake(spark_site, "fortnight", tmp_path_factory.mktemp("fortnight"))
    lake.fill(MARKET, DAYS)
    return lake


@pytest.fixture
def local(spark_site: Site) -> dict[str, str]:
    SparkConnect().install(spark_site)
    return SparkConnect().settings(spark_site) | {"TICKLAKE_SPARK_MASTER": "local[*]"}


@pytest.fixture
def warm(spark_site: Site, connect: SparkConnect) -> dict[str, str]:
    return connect.settings(spark_site)


@pytest.fixture
def fresh(spark_site: Site) -> dict[str, str]:
    """Settings of a server that has just started, alone: the Python workers of earlier runs would work on."""
    supervisor.down(spark_site, CHAIN)
    require(spark_site, SparkConnect.name)
    return SparkConnect().settings(spark_site)


@pytest.fixture
def standalone(spark_site: Site, cluster: SparkMaster) -> dict[str, str]:
    """Settings of a driver of one's own on the cluster, which wants its secret."""
    conf = str(spark_site.folder_of(cluster.name))
    return SparkConnect().settings(spark_site) | {
        "TICKLAKE_SPARK_MASTER": cluster.address(spark_site),
        "SPARK_CONF_DIR": conf,
    }


@pytest.mark.parametrize("engine", ["local", "warm", "standalone"])
def test_a_real_month_is_one_job_with_the_rows_of_the_oracle(
    engine: str, month: StackLake, request: pytest.FixtureRequest
) -> None:
    month.run("clean", REAL_MONTH, **request.getfixturevalue(engine))
    month.assert_cleaned(REAL_MONTH)


def test_two_runs_share_the_server(lake: StackLake, warm: dict[str, str]) -> None:
    runs = [lake.start("clean", days, **warm) for days in (DAYS[:7], DAYS[7:])]
    assert [said for said in map(failure_of, runs) if said] == []
    lake.assert_cleaned(DAYS)


def test_a_lost_executor_loses_nothing(lake: StackLake, spark_site: Site, standalone: dict[str, str]) -> None:
    forget(lake)
    run = lake.start("clean", DAYS, **standalone)
    wait_for(lambda: is_working(spark_site, SparkWorker.name), run)
    (executor,) = executors(spark_site)
    os.kill(executor, signal.SIGKILL)
    wait_for(lambda: executors(spark_site) not in ([], [executor]), run)
    assert failure_of(run) == ""
    lake.assert_cleaned(DAYS)


def test_a_lost_worker_loses_nothing_once_it_is_back(
    lake: StackLake, spark_site: Site, standalone: dict[str, str]
) -> None:
    forget(lake)
    run = lake.start("clean", DAYS, **standalone)
    wait_for(lambda: is_working(spark_site, SparkWorker.name), run)
    kill(spark_site, SparkWorker())
    require(spark_site, SparkWorker.name)
    assert failure_of(run) == ""
    lake.assert_cleaned(DAYS)


def test_a_killed_run_leaves_nothing_visible_and_a_rerun_is_equal(
    lake: StackLake, spark_site: Site, fresh: dict[str, str]
) -> None:
    forget(lake)
    run = lake.start("clean", DAYS, **fresh)
    wait_for(lambda: is_working(spark_site, SparkConnect.name), run)
    run.kill()
    run.communicate()
    assert lake.clean.manifests(DAYS) == {}
    lake.run("clean", DAYS, **fresh)
    sweep(lake.store, running=[])
    lake.assert_cleaned(DAYS)


def test_a_killed_server_is_one_line_and_a_rerun_is_equal(
    lake: StackLake, spark_site: Site, connect: SparkConnect, fresh: dict[str, str]
) -> None:
    forget(lake)
    run = lake.start("clean", DAYS, **fresh)
    wait_for(lambda: is_working(spark_site, SparkConnect.name), run)
    kill(spark_site, connect)
    said = failure_of(run).splitlines()[-1]
    assert said.startswith(f"TransientError: Spark on {connect.address(spark_site)}. Expected it ")
    assert lake.clean.manifests(DAYS) == {}
    require(spark_site, connect.name)
    lake.run("clean", DAYS, **fresh)
    sweep(lake.store, running=[])
    lake.assert_cleaned(DAYS)


def test_the_warm_server_works_through_the_cluster(
    lake: StackLake, spark_site: Site, cluster: SparkMaster
) -> None:
    forget(lake)
    connect = SparkConnect()
    supervisor.down(spark_site, [connect])
    require(spark_site, connect.name)
    assert executors(spark_site)
    lake.run("clean", DAYS, **connect.settings(spark_site))
    lake.assert_cleaned(DAYS)
    supervisor.down(spark_site, CHAIN)  # the next one works alone again


def executors(site: Site) -> list[int]:
    """Process ids of the worker's executors."""
    return [
        pid for pid, command in commands(site, SparkWorker.name) if b"CoarseGrainedExecutorBackend" in command
    ]


def is_working(site: Site, service: str) -> bool:
    """Whether a Python worker of that service's has started, which then imports for a second or two."""
    return any(b"pyspark.daemon" in command for _, command in commands(site, service))


def commands(site: Site, service: str) -> Iterator[tuple[int, bytes]]:
    """Process id and command line of what the service has started and is still there."""
    for pid in marked(site.mark_of(service)):
        with suppress(OSError):
            yield pid, Path(f"/proc/{pid}/cmdline").read_bytes()


def forget(lake: StackLake) -> None:
    """Unclean all days."""
    for found in lake.store.list("clean/"):
        lake.store.delete(found.key)


def wait_for(is_so: Callable[[], bool], run: Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert run.poll() is None, failure_of(run)
        assert time.monotonic() < deadline
        time.sleep(0.05)


def failure_of(run: Popen[str]) -> str:
    """What a run says that has failed; nothing of one that succeeds."""
    _, said = run.communicate()
    return said.strip() or "failed" if run.returncode else ""
