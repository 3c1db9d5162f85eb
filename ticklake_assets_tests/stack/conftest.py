"""Services of the stack for a test session, started when the first test asks for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stack.services.seaweedfs import SeaweedFS
from stack.services.spark import SparkConnect
from stack.services.spark_cluster import SparkMaster, SparkWorker
from stack.site import Site
from ticklake_assets_tests.stack.running import running


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A stack of its own; the downloads are the user's."""
    return Site.open(tmp_path_factory.mktemp("stack"))


@pytest.fixture(scope="session")
def seaweedfs(site: Site) -> Iterator[SeaweedFS]:
    with running(site, SeaweedFS()) as service:
        yield service


@pytest.fixture(scope="session")
def connect(site: Site, seaweedfs: SeaweedFS) -> Iterator[SparkConnect]:
    """The warm server on this machine's cores."""
    with running(site, SparkConnect()) as service:
        yield service


@pytest.fixture(scope="session")
def cluster(site: Site, seaweedfs: SeaweedFS) -> Iterator[SparkMaster]:
    with running(site, SparkMaster()) as master, running(site, SparkWorker()):
        yield master
