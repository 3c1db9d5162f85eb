"""Services for the tests marked `stack`, started when the first test asks for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stack.services.postgres import Postgres
from stack.services.seaweedfs import SeaweedFS
from stack.services.spark import SparkConnect
from stack.services.spark_cluster import SparkMaster, SparkWorker
from stack.site import Site
from ticklake_assets_tests.stack.connected import connected
from ticklake_assets_tests.stack.scripted import running


@pytest.fixture(scope="session")
def spark_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A stack with what Spark needs; the downloads are the user's."""
    site = Site.open(tmp_path_factory.mktemp("spark") / "home" / "stack")
    with running(site, SeaweedFS(), Postgres()):
        yield site


@pytest.fixture(scope="session")
def connect(spark_site: Site) -> Iterator[SparkConnect]:
    """The warm server on this machine's cores."""
    with connected(spark_site) as service:
        yield service


@pytest.fixture(scope="session")
def cluster(spark_site: Site) -> Iterator[SparkMaster]:
    master = SparkMaster()
    with running(spark_site, master, SparkWorker()):
        yield master
