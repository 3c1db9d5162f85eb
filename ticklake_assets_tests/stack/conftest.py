"""Services for the tests marked `stack`: each starts when a test asks for it and it doesn't run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stack import supervisor
from stack.services.registry import SERVICES, with_needs
from stack.services.spark import SparkConnect
from stack.services.spark_cluster import SparkMaster, SparkWorker
from stack.site import Site
from stack.supervisor import State
from ticklake_assets_tests.stack.broken_repository import Repository, serving
from ticklake_assets_tests.stack.scripted import bring_up


@pytest.fixture
def repository() -> Iterator[Repository]:
    with serving() as server:
        yield server


@pytest.fixture(scope="session")
def spark_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A stack of its own; the downloads are the user's."""
    site = Site.open(tmp_path_factory.mktemp("spark") / "home" / "stack")
    yield site
    supervisor.down(site, list(SERVICES.values()))


@pytest.fixture
def connect(spark_site: Site) -> SparkConnect:
    """The warm server and what it needs."""
    require(spark_site, SparkConnect.name)
    return SparkConnect()


@pytest.fixture
def cluster(spark_site: Site, connect: SparkConnect) -> SparkMaster:
    """Master and worker, beside a warm server that works without them."""
    require(spark_site, SparkWorker.name)
    return SparkMaster()


def require(site: Site, name: str) -> None:
    outcomes = bring_up(site, *with_needs([name]))
    assert outcomes[name].state == State.HEALTHY, outcomes
