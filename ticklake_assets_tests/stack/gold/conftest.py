"""Gold on Postgres and S3, and the three engines that read it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stack.services.postgres import Postgres
from stack.services.seaweedfs import SeaweedFS
from stack.services.spark import SparkConnect
from stack.services.trino import Trino
from stack.site import Site
from ticklake_assets_tests.stack.gold.engines import Engines
from ticklake_assets_tests.stack.scripted import running


@pytest.fixture(scope="session")
def gold_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A stack with all that gold needs; the downloads are the user's."""
    site = Site.open(tmp_path_factory.mktemp("gold") / "stack")
    with running(site, SeaweedFS(), Postgres(), Trino(), SparkConnect()):
        yield site


@pytest.fixture
def engines(gold_site: Site) -> Iterator[Engines]:
    """Gold's tables are gone after each test."""
    engines = Engines(gold_site)
    yield engines
    engines.close()
