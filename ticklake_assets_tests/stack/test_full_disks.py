"""Servers whose disk is full: one line, nothing lost, and they go on once there is room."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.services.postgres import Postgres, database_url
from stack.services.seaweedfs import BUCKET, SeaweedFS, s3_client
from stack.site import Site
from ticklake_assets.core.errors import SetupError, TransientError
from ticklake_assets.storage.gold.tables import GoldTables, open_catalog
from ticklake_assets.storage.objects.opening import open_store
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets_tests.small_disks import enlarge, filled, small_disk
from ticklake_assets_tests.stack.nifi_node import wait_until
from ticklake_assets_tests.stack.scripted import running
from ticklake_assets_tests.storage.gold.builders import MONDAY, RUN, make_bars

MEGABYTE = 1_000_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", megabytes=128) as disk:
        yield disk


def put_megabytes(store: ObjectStore, kept: dict[str, bytes]) -> None:
    """Put 200 objects, and note those that the store has taken."""
    for number in range(200):
        data = os.urandom(MEGABYTE)
        store.put(str(number), data)
        kept[str(number)] = data


def takes(store: ObjectStore, key: str, data: bytes) -> bool:
    """Whether the store takes an object now, as a Dagster retry asks it."""
    try:
        store.put(key, data)
    except TransientError:
        return False
    return True


def test_a_full_object_store(disk: Path) -> None:
    site = Site.open(disk / "stack")
    with running(site, SeaweedFS()):
        store = open_store(f"s3://{BUCKET}/full", s3_client(site))
        kept: dict[str, bytes] = {}
        with pytest.raises(TransientError, match=r"s3://lake/full/\d+ on http.* is its disk full") as caught:
            put_megabytes(store, kept)
        assert "\n" not in str(caught.value)
        assert len(kept) > 64
        assert {found.key for found in store.list()} == kept.keys()
        assert all(store.get(key) == data for key, data in kept.items())
        enlarge(disk, megabytes=256)
        wait_until(lambda: takes(store, "late", bytes(MEGABYTE)))  # until it has looked at its disk again
        assert store.get("late") == bytes(MEGABYTE)


def test_a_full_database(disk: Path, tmp_path: Path) -> None:
    site, warehouse = Site.open(disk / "stack"), (tmp_path / "warehouse").as_uri()
    with running(site, Postgres()):
        uri = database_url(site, "iceberg")
        with filled(disk), pytest.raises(SetupError, match=r"TICKLAKE_CATALOG_URI.*No space left") as caught:
            open_catalog("lake", uri, warehouse)
        assert "\n" not in str(caught.value)
        with GoldTables(open_catalog("lake", uri, warehouse)) as gold:
            gold.replace("bars", [MONDAY], make_bars(MONDAY, 3), RUN)
            assert gold.row_counts("bars", [MONDAY]) == {MONDAY: 3}
