"""A real S3 server for the tests: SeaweedFS as the stack starts it, one for a whole test session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.config import Config

from stack.services.seaweedfs import ACCESS_KEY, REGION, SeaweedFS, endpoint
from ticklake_assets_tests.stack.scripted import new_site, running


class S3Server(NamedTuple):
    endpoint: str
    secret_key: str = "of-nothing"

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to reach it, but for the lake's URL."""
        return {
            "TICKLAKE_S3_ENDPOINT": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
        }

    def client(self, access_key: str = ACCESS_KEY, secret_key: str | None = None) -> Any:
        config = Config(
            connect_timeout=2, read_timeout=20, retries={"max_attempts": 1}, s3={"addressing_style": "path"}
        )
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key or self.secret_key,
            config=config,
        )


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """Ready in about a second."""
    site = new_site(tmp_path_factory.mktemp("s3"))
    with running(site, SeaweedFS()):
        yield S3Server(endpoint(site), site.secret("s3"))
