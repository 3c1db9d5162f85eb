"""Where the stories of the raw sensor are played: in a folder, and on a real S3 with a real Postgres."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from stack.services.registry import with_needs
from stack.services.seaweedfs import BUCKET, s3_client
from stack.site import Site
from ticklake_assets.core.day_files import raw_key
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets_tests.defs.homes import Home
from ticklake_assets_tests.stack.scripted import running


class Place(NamedTuple):
    services: Callable[[Path], AbstractContextManager[object]]
    """What runs under a home while a story is played there."""
    touch: Callable[[Home, SymbolDay], None]
    """Give a day's raw object another etag over the same bytes."""


@contextmanager
def _nothing(home: Path) -> Iterator[None]:
    yield


@contextmanager
def _stack(home: Path) -> Iterator[None]:
    """The lake and the output of runs on S3, catalog and Dagster's storage in Postgres, Spark warm."""
    with running(Site.open(home / "stack"), *with_needs(["spark"])):
        yield


def _touch_file(home: Home, day: SymbolDay) -> None:
    os.utime(home.raw_file(day))


def _upload_by_parts(home: Home, day: SymbolDay) -> None:
    """As clients upload big files: the etag is no digest of the bytes then."""
    client = s3_client(Site.open(home.settings.home / "stack"))
    address = {"Bucket": BUCKET, "Key": raw_key(day)}
    upload = {**address, "UploadId": client.create_multipart_upload(**address)["UploadId"]}
    part = client.upload_part(**upload, PartNumber=1, Body=home.store.get(raw_key(day)))
    client.complete_multipart_upload(
        **upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    )


PLACES = [
    pytest.param(Place(_nothing, _touch_file), marks=pytest.mark.slow, id="folder"),
    pytest.param(Place(_stack, _upload_by_parts), marks=pytest.mark.stack, id="stack"),
]
