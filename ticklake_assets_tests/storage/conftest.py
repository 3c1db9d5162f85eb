"""The stores that every contract test runs over."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from ticklake_assets.storage.object_store import ObjectStore, open_store
from ticklake_assets_tests.s3_server import BUCKET, S3Server


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
