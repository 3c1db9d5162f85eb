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

CLEAN = """
import sys
from functools import partial
from ticklake_assets.core.errors import TicklakeError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.resources.spark import spark_resource
from ticklake_assets.settings import Settings
from ticklake_assets.spark.tasks import on_workers
from ticklake_assets.storage.partitions.day_cleaning import LakePlace, Work, clean_day
settings = Settings()
place = LakePlace(sys.argv[1], settings.s3_endpoint, settings.s3_region)
work = Work(SymbolDay.parse("SYNEUR|2024-01-01"), (("parquet/absent", "0" * 64),), "clean/x", "quarantine/x")
try:
    with spark_resource(settings).session() as session:
        on_workers(session, partial(clean_day, place), [work])
except TicklakeError as error:
    print(f"{type(error).__name__}: {error}")
"""
LOCAL = {"TICKLAKE_SPARK_MASTER": "local[1]"}
NO_S3 = {"TICKLAKE_S3_ENDPOINT": "http://127.0.0.1:1"}


@pytest.mark.parametrize(
    ("settings", "url", "expected"),
    [
        (LOCAL | {"AWS_SECRET_ACCESS_KEY": "wrong"}, "s3://lake", "SetupError: .*AWS_ACCESS_KEY_ID"),
        (LOCAL, "s3://nowhere", "SetupError: .*the bucket 'nowhere'"),
        ({}, "s3://nowhere", "SetupError: .*the bucket 'nowhere'"),
        (LOCAL | NO_S3, "s3://lake", "TransientError: .*Expected an answer"),
        ({"SPARK_CONNECT_AUTHENTICATE_TOKEN": "wrong"}, "s3://lake", "SetupError: .*TOKEN"),
        ({}, "s3://lake", "MissingDataError: .*parquet/absent"),
    ],
    ids=["credentials", "bucket", "bucket of a server", "no S3", "token", "object"],
)
def test_it_is_one_line(
    spark_site: Site, connect: SparkConnect, settings: dict[str, str], url: str, expected: str
) -> None:
    offered = SeaweedFS().settings(spark_site) | connect.settings(spark_site)
    answer = subprocess.run(
        [sys.executable, "-c", CLEAN, url],
        env=os.environ | offered | settings,
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.count("\n") == 1
    assert re.match(expected, answer.stdout)
