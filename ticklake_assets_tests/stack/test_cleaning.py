"""Days on S3, cleaned by the asset itself on every kind of Spark, against the oracle."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from stack.services.seaweedfs import SeaweedFS
from stack.services.spark import SparkConnect
from stack.services.spark_cluster import SparkMaster
from stack.site import Site
from ticklake_assets.core.calendar import calendar_days
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.folder import FolderSource
from ticklake_assets.sources.synthetic import Market, SyntheticSource
from ticklake_assets_tests.stack.lakes import StackLake
from ticklake_assets_tests.stack.running import running

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

REAL_MONTH = [SymbolDay("GBPJPY", day) for day in calendar_days(date(2012, 12, 1), date(2012, 12, 31))]
DAYS = [SymbolDay("SYNEUR", day) for day in calendar_days(date(2024, 1, 1), date(2024, 1, 14))]
MARKET = SyntheticSource(seed=7, strength=1.0, dirty=True, market=Market(ticks_a_day=20_000))


@pytest.fixture(scope="module")
def month(
    site: Site, seaweedfs: SeaweedFS, shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> StackLake:
    """A month of real ticks in the Parquet layer."""
    lake = StackLake(site, "month", tmp_path_factory.mktemp("month"))
    lake.fill(FolderSource(shared_data / "dukascopy" / "GBPJPY"), REAL_MONTH)
    return lake


@pytest.fixture(scope="module")
def lake(site: Site, seaweedfs: SeaweedFS, tmp_path_factory: pytest.TempPathFactory) -> StackLake:
    """Two weeks of a dirty synthetic market in the Parquet layer."""
    lake = StackLake(site, "fortnight", tmp_path_factory.mktemp("fortnight"))
    lake.fill(MARKET, DAYS)
    return lake


@pytest.fixture
def local(site: Site) -> dict[str, str]:
    return SparkConnect().settings(site) | {"TICKLAKE_SPARK_MASTER": "local[*]"}


@pytest.fixture
def standalone(site: Site, cluster: SparkMaster) -> dict[str, str]:
    """Settings of a driver of one's own on the cluster, which wants its secret."""
    conf = str(site.folder_of(cluster.name))
    return SparkConnect().settings(site) | {
        "TICKLAKE_SPARK_MASTER": cluster.address(site),
        "SPARK_CONF_DIR": conf,
    }


@pytest.fixture
def connect_on_cluster(site: Site, cluster: SparkMaster) -> Iterator[dict[str, str]]:
    with running(site, SparkConnect()) as service:
        yield service.settings(site)


@pytest.fixture
def connect_alone(site: Site, connect: SparkConnect) -> dict[str, str]:
    return connect.settings(site)


@pytest.mark.parametrize("engine", ["local", "connect_alone", "standalone"])
def test_a_real_month_is_one_job_with_the_rows_of_the_oracle(
    engine: str, month: StackLake, request: pytest.FixtureRequest
) -> None:
    expected = month.expected(REAL_MONTH)
    month.run("clean", REAL_MONTH, **request.getfixturevalue(engine))
    month.assert_cleaned(REAL_MONTH, expected)
