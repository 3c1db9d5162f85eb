"""The promise that every replicator keeps: the same tests over the embedded one and over NiFi's flow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest

from stack.services.seaweedfs import BUCKET
from ticklake_assets.core.day_files import raw_key
from ticklake_assets.core.errors import ImmutabilityError
from ticklake_assets.storage.objects.opening import open_store
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.replication.embedded import EmbeddedReplicator
from ticklake_assets.storage.replication.replicator import Replicator
from ticklake_assets_tests.s3_server import S3Server
from ticklake_assets_tests.storage.raw.raw_files import DAY, make_raw
from ticklake_assets_tests.storage.replication.landing_files import contents, land


class Mover(NamedTuple):
    """A replicator at work on an empty landing folder and an empty store."""

    replicator: Replicator
    landing: Path
    store: ObjectStore
    settle: Callable[[], object]
    """Let it bring everything that waits."""


@pytest.fixture(params=["local", "s3", pytest.param("nifi", marks=pytest.mark.stack)])
def mover(request: pytest.FixtureRequest, tmp_path: Path) -> Mover:
    landing, prefix = tmp_path / "landing", uuid4().hex
    if request.param == "local":
        store = open_store((tmp_path / "lake").as_uri())
        embedded = EmbeddedReplicator(landing, store)
        return Mover(embedded, landing, store, embedded.sweep)
    server: S3Server = request.getfixturevalue("s3_server")
    if request.param == "s3":
        store = open_store(f"s3://{BUCKET}/{prefix}", server.client())
        embedded = EmbeddedReplicator(landing, store)
        return Mover(embedded, landing, store, embedded.sweep)
    from ticklake_assets_tests.stack.nifi_node import Replication

    flow = Replication.deploy(request.getfixturevalue("nifi"), landing, server, prefix)
    return Mover(flow.replicator, landing, flow.store, flow.settle)


def test_files_arrive_byte_for_byte_and_move_on(mover: Mover) -> None:
    days = [DAY.shifted(offset) for offset in range(20)]
    files = {day: make_raw(number, day) for number, day in enumerate(days)}
    for day, data in files.items():
        land(mover.landing, day, data)
    mover.settle()
    assert {day: mover.store.get(raw_key(day)) for day in days} == files
    assert len(list(mover.store.list())) == 20
    assert contents(mover.landing / "ticks") == []
    assert contents(mover.landing / "done") == sorted(files.values())
    assert contents(mover.landing / "conflict") == []


def test_the_same_file_again_changes_nothing(mover: Mover) -> None:
    land(mover.landing, DAY, make_raw(3))
    mover.settle()
    before = mover.store.head(raw_key(DAY))
    land(mover.landing, DAY, make_raw(3))
    mover.settle()
    assert mover.store.head(raw_key(DAY)) == before
    assert contents(mover.landing / "ticks") == contents(mover.landing / "conflict") == []
    assert mover.replicator.status().conflicts == 0


def test_other_bytes_are_a_conflict_that_overwrites_nothing_and_keeps_the_file(mover: Mover) -> None:
    land(mover.landing, DAY, make_raw(3))
    land(mover.landing, DAY.shifted(1), make_raw(3, DAY.shifted(1)))
    mover.settle()
    for rows in (4, 5):
        land(mover.landing, DAY, make_raw(rows))
        mover.settle()
    assert mover.store.get(raw_key(DAY)) == make_raw(3)
    assert contents(mover.landing / "ticks") == []
    assert contents(mover.landing / "conflict") == sorted([make_raw(4), make_raw(5)])
    assert mover.replicator.status().conflicts == 2
    with pytest.raises(ImmutabilityError, match=r"conflict/ticks/EURUSD/2024/01/.*next revision's name"):
        mover.replicator.deliver(DAY)
    mover.replicator.deliver(DAY.shifted(1))


def test_a_conflict_does_not_hold_up_the_correction(mover: Mover) -> None:
    mover.store.create(raw_key(DAY), make_raw(3))
    land(mover.landing, DAY, make_raw(4))
    land(mover.landing, DAY, make_raw(5), revision=2)
    mover.settle()
    assert mover.store.get(raw_key(DAY, 2)) == make_raw(5)
    assert contents(mover.landing / "conflict") == [make_raw(4)]
    assert mover.replicator.deliver(DAY) == [raw_key(DAY, 2)]
    land(mover.landing, DAY, make_raw(6), revision=2)
    mover.settle()
    with pytest.raises(ImmutabilityError):
        mover.replicator.deliver(DAY)


def test_a_day_is_delivered_with_all_its_revisions(mover: Mover) -> None:
    for revision in (1, 2, 10):
        land(mover.landing, DAY, make_raw(revision), revision)
    keys = [raw_key(DAY, revision) for revision in (1, 2, 10)]
    assert mover.replicator.deliver(DAY) == keys
    assert mover.replicator.deliver(DAY) == keys
    assert sorted(found.key for found in mover.store.list()) == sorted(keys)
    assert mover.store.get(raw_key(DAY, 10)) == make_raw(10)


def test_a_day_without_a_landing_file_delivers_nothing(mover: Mover) -> None:
    assert mover.replicator.deliver(DAY) == []


def test_unfinished_and_foreign_files_stay_where_they_are(mover: Mover) -> None:
    path = land(mover.landing, DAY, make_raw(3))
    foreign = [
        path.with_name(f".{path.name}.tmp"),
        path.with_name(f"{path.name}.part"),
        path.with_name("notes.csv"),
        path.with_name("GBPJPY_2024-01-16.csv"),  # another symbol's folder
        path.with_name("EURUSD_2024-02-16.csv"),  # another month's
        path.with_name("EURUSD_2024-01-16.r1.csv"),
        path.parents[2] / "EURUSD_2024-01-17.csv",
    ]
    for file in foreign:
        file.write_bytes(b"half")
    mover.replicator.deliver(DAY)
    mover.replicator.status()
    assert [found.key for found in mover.store.list()] == [raw_key(DAY)]
    assert all(file.read_bytes() == b"half" for file in foreign)


def test_the_status_counts_what_waits_and_what_went(mover: Mover) -> None:
    data = make_raw(3)
    land(mover.landing, DAY, data)
    mover.settle()
    status = mover.replicator.status()
    assert status.queues[0] == ("landing", 0, 0, 0)
    assert status.files_a_minute > 0
    assert status.bytes_a_minute >= len(data) / 5
    assert (status.conflicts, status.failed) == (0, 0)
    assert status.fullest < 100
