from __future__ import annotations

import os
from pathlib import Path

import pytest

from ticklake_assets.core.day_files import raw_key
from ticklake_assets.core.errors import ImmutabilityError, SetupError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.objects.opening import open_store
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets.storage.replication.embedded import Counters, EmbeddedReplicator
from ticklake_assets_tests.s3_server import S3Server
from ticklake_assets_tests.storage.raw.raw_files import DAY, make_raw
from ticklake_assets_tests.storage.replication.landing_files import contents, land, waiting_path


def landed_days(landing: Path, count: int) -> dict[SymbolDay, bytes]:
    files = {DAY.shifted(offset): make_raw(offset, DAY.shifted(offset)) for offset in range(count)}
    for day, data in files.items():
        land(landing, day, data)
    return files


def test_a_sweep_is_counted_and_resumed(store: ObjectStore, tmp_path: Path) -> None:
    files = landed_days(tmp_path, 20)
    day = DAY.shifted(3)
    store.create(raw_key(day), files[day])  # where an earlier process was interrupted
    replicator = EmbeddedReplicator(tmp_path, store)
    sent = sum(map(len, files.values())) - len(files[day])
    assert replicator.sweep() == Counters(19, sent, 1, 0, 0, ())
    assert replicator.sweep() == Counters(0, 0, 0, 0, 0, ())
    assert {day: store.get(raw_key(day)) for day in files} == files
    land(tmp_path, DAY, b"corrected", revision=2)
    assert replicator.sweep().files == 1


def test_two_sweeps_at_once_share_the_work(local_store: ObjectStore, tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    files = landed_days(tmp_path / "landing", 60)
    with ThreadPoolExecutor(4) as pool:
        sweeps = [pool.submit(EmbeddedReplicator(tmp_path / "landing", local_store).sweep) for _ in range(4)]
    counted = [sweep.result() for sweep in sweeps]
    assert sum(counters.files for counters in counted) == 60
    assert [problem for counters in counted for problem in counters.problems] == []
    assert contents(tmp_path / "landing" / "done") == sorted(files.values())


def test_a_deleted_object_is_delivered_again(local_store: ObjectStore, tmp_path: Path) -> None:
    land(tmp_path / "landing", DAY, make_raw(3))
    replicator = EmbeddedReplicator(tmp_path / "landing", local_store)
    replicator.deliver(DAY)
    local_store.delete(raw_key(DAY))
    assert replicator.deliver(DAY) == [raw_key(DAY)]
    assert local_store.get(raw_key(DAY)) == make_raw(3)


def test_a_changed_object_is_an_error_as_long_as_it_is_changed(
    local_store: ObjectStore, tmp_path: Path
) -> None:
    land(tmp_path / "landing", DAY, make_raw(3))
    replicator = EmbeddedReplicator(tmp_path / "landing", local_store)
    replicator.deliver(DAY)
    local_store.put(raw_key(DAY), make_raw(4))
    for _ in range(2):
        with pytest.raises(ImmutabilityError, match="nothing was overwritten"):
            replicator.deliver(DAY)
    local_store.put(raw_key(DAY), make_raw(3))
    assert replicator.deliver(DAY) == [raw_key(DAY)]


def test_a_conflict_names_both_contents_and_where_the_file_is_kept(
    local_store: ObjectStore, tmp_path: Path
) -> None:
    local_store.create(raw_key(DAY), make_raw(3))
    path = land(tmp_path / "landing", DAY, make_raw(4))
    (problem,) = EmbeddedReplicator(tmp_path / "landing", local_store).sweep().problems
    assert str(path) in problem
    assert "Expected sha256" in problem
    kept = Path(problem.rpartition(" kept as ")[2])
    assert kept.read_bytes() == make_raw(4)


def test_an_unreadable_file_does_not_stop_the_others(local_store: ObjectStore, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    path = land(landing, DAY, b"")
    land(landing, DAY.shifted(1), make_raw(3, DAY.shifted(1)))
    path.unlink()
    path.mkdir()  # reading a folder fails for everybody, root included
    counters = EmbeddedReplicator(landing, local_store).sweep()
    assert (counters.files, counters.failed) == (1, 1)
    assert str(path) in counters.problems[0]


def test_what_is_no_regular_file_is_passed_over(local_store: ObjectStore, tmp_path: Path) -> None:
    """A pipe would block for ever, a link would copy another file's content into the lake."""
    landing, (day, other, third) = tmp_path / "landing", [DAY.shifted(offset) for offset in range(3)]
    kept = land(landing, day, b"ticks")
    secret = tmp_path / "secret"
    secret.write_bytes(b"a key")
    os.mkfifo(waiting_path(landing, other))
    waiting_path(landing, third).symlink_to(secret)
    waiting_path(landing, third, 2).symlink_to(tmp_path / "nothing")
    counters = EmbeddedReplicator(landing, local_store).sweep()
    assert (counters.files, counters.failed) == (1, 3)
    assert sorted(problem.rsplit(" ", 1)[1] for problem in counters.problems) == ["link", "link", "pipe"]
    assert [each.key for each in local_store.list("raw/")] == [raw_key(day, 1)]
    assert not kept.exists()
    assert waiting_path(landing, third).is_symlink()


def test_a_store_that_is_down_is_counted_and_made_up_for(s3_server: S3Server, tmp_path: Path) -> None:
    land(tmp_path, DAY, make_raw(3))
    closed = open_store("s3://lake/replication", S3Server("http://127.0.0.1:9").client())
    counters = EmbeddedReplicator(tmp_path, closed).sweep()
    assert (counters.failed, counters.files) == (1, 0)
    assert contents(tmp_path / "ticks") == [make_raw(3)]
    opened = open_store("s3://lake/replication", s3_server.client())
    assert EmbeddedReplicator(tmp_path, opened).sweep().files == 1


def test_a_store_that_cannot_work_stops_the_sweep(s3_server: S3Server, tmp_path: Path) -> None:
    land(tmp_path, DAY, make_raw(3))
    refused = open_store("s3://lake/replication", s3_server.client(secret_key="wrong"))
    with pytest.raises(SetupError, match="Expected credentials"):
        EmbeddedReplicator(tmp_path, refused).sweep()
    assert contents(tmp_path / "ticks") == [make_raw(3)]
