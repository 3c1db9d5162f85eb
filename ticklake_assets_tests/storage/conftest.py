"""A real S3 server for the storage tests, and the stores that every contract test runs over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from ticklake_assets.storage.object_store import ObjectStore, open_store
from ticklake_assets_tests.storage.seaweed import ACCESS_KEY, BUCKET, SECRET_KEY, Seaweed, client_for


class S3Server(NamedTuple):
    endpoint: str

    def client(self, access_key: str = ACCESS_KEY, secret_key: str = SECRET_KEY) -> Any:
        return client_for(self.endpoint, access_key, secret_key)


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """SeaweedFS for the whole test run, killed by its process id."""
    server = Seaweed(tmp_path_factory.mktemp("weed"))
    try:
        server.start()
        yield S3Server(server.endpoint)
    finally:
        server.kill()


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
