"""What a person reads when the addresses of a running stack are wrong."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from stack.services.seaweedfs import SeaweedFS
from stack.services.spark import SparkConnect
from stack.site import Site

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

READ = """
import sys
from ticklake_assets.core.errors import TicklakeError
from ticklake_assets.resources.spark import spark_resource
from ticklake_assets.settings import Settings
try:
    with spark_resource(Settings()).session() as session:
        session.read.parquet(sys.argv[1]).collect()
except TicklakeError as error:
    print(f"{type(error).__name__}: {error}")
"""
LOCAL = {"TICKLAKE_SPARK_MASTER": "local[1]"}
NO_S3 = {"TICKLAKE_S3_ENDPOINT": "http://127.0.0.1:1"}


@pytest.mark.parametrize(
    ("settings", "url", "expected"),
    [
        (LOCAL | {"AWS_SECRET_ACCESS_KEY": "wrong"}, "s3a://lake/x", "SetupError: .*AWS_ACCESS_KEY_ID"),
        (LOCAL, "s3a://nowhere/x", "SetupError: .*TICKLAKE_LAKE_URL"),
        ({}, "s3a://nowhere/x", "SetupError: .*TICKLAKE_LAKE_URL"),
        (LOCAL | NO_S3, "s3a://lake/x", "TransientError: .*to answer"),
        ({"SPARK_CONNECT_AUTHENTICATE_TOKEN": "wrong"}, "s3a://lake/x", "SetupError: .*TOKEN"),
    ],
    ids=["credentials", "bucket", "bucket of a server", "no S3", "token"],
)
def test_it_is_one_line(
    spark_site: Site, connect: SparkConnect, settings: dict[str, str], url: str, expected: str
) -> None:
    offered = SeaweedFS().settings(spark_site) | connect.settings(spark_site)
    answer = subprocess.run(
        [sys.executable, "-c", READ, url],
        env=os.environ | offered | settings,
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.count("\n") == 1
    assert re.match(expected, answer.stdout)
