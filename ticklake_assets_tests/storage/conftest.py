"""A real S3 server for the storage tests, and the stores that every contract test runs over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config

from stack.services.seaweedfs import ACCESS_KEY, BUCKET, SeaweedFS, endpoint
from ticklake_assets.storage.object_store import ObjectStore, open_store
from ticklake_assets_tests.stack.scripted import new_site, running


class S3Server(NamedTuple):
    endpoint: str
    secret_key: str = "of-nothing"

    def client(self, access_key: str = ACCESS_KEY, secret_key: str | None = None) -> Any:
        config = Config(
            connect_timeout=2, read_timeout=20, retries={"max_attempts": 1}, s3={"addressing_style": "path"}
        )
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key or self.secret_key,
            config=config,
        )


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """SeaweedFS as the stack starts it, ready in about a second."""
    site = new_site(tmp_path_factory.mktemp("s3"))
    with running(site, SeaweedFS()):
        yield S3Server(endpoint(site), site.secret("s3"))


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
