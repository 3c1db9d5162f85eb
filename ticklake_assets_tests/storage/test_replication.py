from __future__ import annotations

import os
from pathlib import Path

import pytest

from ticklake_assets.core.errors import ImmutabilityError, SetupError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.object_store import ObjectStore, open_store
from ticklake_assets.storage.raw_seals import raw_key
from ticklake_assets.storage.replication import Counters, EmbeddedReplicator
from ticklake_assets_tests.storage.conftest import S3Server
from ticklake_assets_tests.storage.raw_files import DAY, make_raw


def land(landing: Path, day: SymbolDay, data: bytes, revision: int = 1) -> Path:
    path = landing / raw_key(day, revision).removeprefix("raw/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_a_day_is_delivered_with_all_its_revisions(store: ObjectStore, tmp_path: Path) -> None:
    for revision in (1, 2, 10):
        land(tmp_path, DAY, make_raw(revision), revision)
    land(tmp_path, DAY.shifted(1), make_raw(1, DAY.shifted(1)))
    replicator = EmbeddedReplicator(tmp_path, store)
    keys = [raw_key(DAY, revision) for revision in (1, 2, 10)]
    assert replicator.deliver(DAY) == keys
    assert replicator.deliver(DAY) == keys
    assert sorted(found.key for found in store.list("raw/")) == sorted(keys)
    assert store.get(raw_key(DAY, 10)) == make_raw(10)


def test_a_day_without_a_landing_file_delivers_nothing(store: ObjectStore, tmp_path: Path) -> None:
    assert EmbeddedReplicator(tmp_path, store).deliver(DAY) == []


def test_a_sweep_brings_everything_and_is_resumed(store: ObjectStore, tmp_path: Path) -> None:
    days = [DAY.shifted(offset) for offset in range(20)]
    files = {day: make_raw(number, day) for number, day in enumerate(days)}
    for day, data in files.items():
        land(tmp_path, day, data)
    store.create(raw_key(days[3]), files[days[3]])  # where an earlier process was interrupted
    replicator = EmbeddedReplicator(tmp_path, store)
    sent = sum(map(len, files.values())) - len(files[days[3]])
    assert replicator.sweep() == Counters(19, sent, 1, 0, 0, ())
    assert replicator.sweep() == Counters(0, 0, 20, 0, 0, ())
    assert EmbeddedReplicator(tmp_path, store).sweep() == Counters(0, 0, 20, 0, 0, ())
    assert {day: store.get(raw_key(day)) for day in days} == files
    land(tmp_path, days[0], b"corrected", revision=2)
    assert replicator.sweep().files == 1


def test_other_bytes_are_a_conflict_that_overwrites_nothing(store: ObjectStore, tmp_path: Path) -> None:
    land(tmp_path, DAY, make_raw(3))
    land(tmp_path, DAY.shifted(1), make_raw(3, DAY.shifted(1)))
    replicator = EmbeddedReplicator(tmp_path, store)
    replicator.sweep()
    path = land(tmp_path, DAY, make_raw(4))
    for _ in range(2):
        counters = replicator.sweep()
        assert (counters.conflicts, counters.already_there, counters.files) == (1, 1, 0)
        assert str(path) in counters.problems[0]
    with pytest.raises(ImmutabilityError, match="nothing was overwritten") as caught:
        replicator.deliver(DAY)
    assert str(path) in str(caught.value)
    assert store.get(raw_key(DAY)) == make_raw(3)
    assert path.read_bytes() == make_raw(4)


def test_a_conflict_does_not_hold_up_the_correction(store: ObjectStore, tmp_path: Path) -> None:
    store.create(raw_key(DAY), make_raw(3))
    land(tmp_path, DAY, make_raw(4))
    land(tmp_path, DAY, make_raw(5), revision=2)
    with pytest.raises(ImmutabilityError):
        EmbeddedReplicator(tmp_path, store).deliver(DAY)
    assert store.get(raw_key(DAY, 2)) == make_raw(5)


def test_unfinished_and_foreign_files_stay_behind(store: ObjectStore, tmp_path: Path) -> None:
    path = land(tmp_path, DAY, make_raw(3))
    for name in (f".{path.name}.tmp", f"{path.stem}.csv.part", "notes.csv", "EURUSD_2024-01-16.r1.csv"):
        (path.parent / name).write_bytes(b"half")
    assert EmbeddedReplicator(tmp_path, store).sweep().files == 1
    assert [found.key for found in store.list()] == [raw_key(DAY)]


def test_an_unreadable_file_does_not_stop_the_others(local_store: ObjectStore, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    path = land(landing, DAY, b"")
    land(landing, DAY.shifted(1), make_raw(3, DAY.shifted(1)))
    path.unlink()
    path.mkdir()  # reading a folder fails for everybody, root included
    counters = EmbeddedReplicator(landing, local_store).sweep()
    assert (counters.files, counters.failed) == (1, 1)
    assert str(path) in counters.problems[0]


def test_a_store_that_is_down_is_counted_and_made_up_for(s3_server: S3Server, tmp_path: Path) -> None:
    land(tmp_path, DAY, make_raw(3))
    closed = open_store("s3://lake/replication", S3Server("http://127.0.0.1:9").client())
    counters = EmbeddedReplicator(tmp_path, closed).sweep()
    assert (counters.failed, counters.files) == (1, 0)
    opened = open_store("s3://lake/replication", s3_server.client())
    assert EmbeddedReplicator(tmp_path, opened).sweep().files == 1


def test_a_store_that_cannot_work_stops_the_sweep(s3_server: S3Server, tmp_path: Path) -> None:
    land(tmp_path, DAY, make_raw(3))
    refused = open_store("s3://lake/replication", s3_server.client(secret_key="wrong"))
    with pytest.raises(SetupError, match="Expected credentials"):
        EmbeddedReplicator(tmp_path, refused).sweep()


def test_a_file_rewritten_in_place_is_looked_at_again(local_store: ObjectStore, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    path = land(landing, DAY, make_raw(3))
    replicator = EmbeddedReplicator(landing, local_store)
    replicator.sweep()
    path.write_bytes(make_raw(3, price=1.2))
    os.utime(path, (1, 1))
    assert replicator.sweep().conflicts == 1
