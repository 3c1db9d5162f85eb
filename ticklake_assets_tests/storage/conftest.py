"""A real S3 server for the storage tests, and the stores that every contract test runs over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from stack.services.postgres import Postgres, database_url, session
from stack.services.seaweedfs import BUCKET
from stack.site import Site
from ticklake_assets.storage.objects.opening import open_store
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets_tests.s3_server import S3Server
from ticklake_assets_tests.stack.scripted import new_site, running


@pytest.fixture(scope="session")
def postgres_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose Postgres runs."""
    site = new_site(tmp_path_factory.mktemp("postgres"))
    with running(site, Postgres()):
        yield site


@pytest.fixture
def database(postgres_site: Site) -> str:
    """Address of an empty database."""
    name = f"catalog_{uuid4().hex[:8]}"
    with session(postgres_site, "postgres") as cursor:
        cursor.execute(f"CREATE DATABASE {name} OWNER iceberg")
    return database_url(postgres_site, "iceberg").removesuffix("iceberg") + name


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    """An empty store, once as a folder and once on S3."""
    if request.param == "local":
        return open_store((tmp_path / "lake").as_uri())
    server: S3Server = request.getfixturevalue("s3_server")
    return open_store(f"s3://{BUCKET}/{uuid4().hex}", server.client())


@pytest.fixture
def local_store(tmp_path: Path) -> ObjectStore:
    return open_store((tmp_path / "lake").as_uri())
