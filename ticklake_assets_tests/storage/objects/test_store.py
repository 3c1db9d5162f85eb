"""One contract, two stores: each test here runs over local files and over a real S3 server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ticklake_assets.core.errors import ImmutabilityError, MissingDataError, SetupError
from ticklake_assets.storage.objects.opening import open_store
from ticklake_assets.storage.objects.store import PIECE, ObjectStore, create_or_same


def test_what_was_put_is_read_back(store: ObjectStore) -> None:
    put = store.put("raw/ticks/a.csv", b"one")
    assert store.get("raw/ticks/a.csv") == b"one"
    assert store.read("raw/ticks/a.csv") == (put, b"one")
    assert store.head("raw/ticks/a.csv") == put
    assert list(store.list()) == [put]
    assert put.size == 3


def test_an_empty_object_is_an_object(store: ObjectStore) -> None:
    assert store.create("raw/empty.csv", b"").size == 0
    assert store.get("raw/empty.csv") == b""


@pytest.mark.parametrize("size", [0, 1, PIECE, 2 * PIECE + 1])
def test_a_stream_is_the_same_in_pieces(store: ObjectStore, size: int) -> None:
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    put = store.put("raw/a.csv", data)
    with store.stream("raw/a.csv") as (described, pieces):
        assert described == put
        found = list(pieces)
    assert b"".join(found) == data
    assert all(0 < len(piece) <= PIECE for piece in found)


def test_put_replaces_and_changes_the_etag(store: ObjectStore) -> None:
    first = store.put("manifest.json", b"old")
    second = store.put("manifest.json", b"new")
    assert store.get("manifest.json") == b"new"
    assert first.etag != second.etag
    assert first.size == second.size


def test_create_never_overwrites(store: ObjectStore) -> None:
    created = store.create("raw/a.csv", b"one")
    for data in (b"one", b"two"):
        with pytest.raises(ImmutabilityError, match=r"raw/a\.csv"):
            store.create("raw/a.csv", data)
    assert store.read("raw/a.csv") == (created, b"one")


def test_of_racing_writers_exactly_one_wins(store: ObjectStore) -> None:
    for round_ in range(3):
        key = f"race/{round_}"

        def attempt(writer: int, key: str = key) -> int | None:
            try:
                store.create(key, str(writer).encode() * 1000)
            except ImmutabilityError:
                return None
            return writer

        with ThreadPoolExecutor(8) as pool:
            winners = [writer for writer in pool.map(attempt, range(8)) if writer is not None]
        assert len(winners) == 1
        assert store.get(key) == str(winners[0]).encode() * 1000


def test_a_replaced_object_is_never_seen_in_part(store: ObjectStore) -> None:
    contents = {bytes([65 + n]) * (50_000 + n) for n in range(8)}
    store.put("a", min(contents))
    with ThreadPoolExecutor(4) as pool:
        writes = [pool.submit(store.put, "a", data) for data in sorted(contents) for _ in range(3)]
        while not all(write.done() for write in writes):
            described, data = store.read("a")
            assert data in contents
            assert described.size == len(data)


def test_create_or_same_tells_a_repeat_from_a_conflict(store: ObjectStore) -> None:
    created, is_new = create_or_same(store, "a", b"one")
    assert is_new
    assert create_or_same(store, "a", b"one") == (created, False)
    with pytest.raises(ImmutabilityError):
        create_or_same(store, "a", b"two")
    assert store.get("a") == b"one"


def test_a_local_file_can_be_the_source(store: ObjectStore, tmp_path: Path) -> None:
    file = tmp_path / "source.csv"
    file.write_bytes(b"from a file")
    store.create("a", file)
    store.put("b", file)
    assert store.get("a") == store.get("b") == b"from a file"


def test_list_is_sorted_by_key_and_keeps_to_the_prefix(store: ObjectStore) -> None:
    keys = ["a-b/x", "a/b/c", "a/b-c", "a/b", "a.json", "ab/x", "b"]
    keys.remove("a/b")  # a folder cannot have a file's name on a disk
    for key in keys:
        store.put(key, key.encode())
    assert [found.key for found in store.list()] == sorted(keys)
    for prefix in ("a", "a/", "a/b", "a-", "ab/", "c", "a/b/c", "a/b/c/d"):
        assert [found.key for found in store.list(prefix)] == sorted(
            key for key in keys if key.startswith(prefix)
        ), prefix


def test_list_passes_the_page_size_of_s3(store: ObjectStore) -> None:
    keys = [f"many/{number:04}" for number in range(1_005)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: store.put(key, b"x"), keys))
    assert [found.key for found in store.list("many/")] == keys


def test_list_of_nothing_is_empty(store: ObjectStore) -> None:
    assert list(store.list("raw/")) == []


def test_what_is_absent_is_missing_data(store: ObjectStore) -> None:
    assert store.head("raw/none.csv") is None
    for look in (store.get, store.read, lambda key: store.stream(key).__enter__()):
        with pytest.raises(MissingDataError, match=r"raw/none\.csv"):
            look("raw/none.csv")


def test_delete_removes_and_repeats_harmlessly(store: ObjectStore) -> None:
    store.put("a/b/c", b"one")
    store.delete("a/b/c")
    store.delete("a/b/c")
    assert store.head("a/b/c") is None
    assert list(store.list("a")) == []
    assert store.create("a/b/c", b"two").size == 3


@pytest.mark.parametrize("key", ["", "/a", "a//b", "../a", "a/../b", "a/", "./a", "a\\b", "a\0b"])
def test_a_key_cannot_leave_the_store(store: ObjectStore, key: str) -> None:
    for call in (store.head, store.get, store.delete, store.uri):
        with pytest.raises(SetupError, match="Expected relative parts"):
            call(key)
    with pytest.raises(SetupError):
        store.create(key, b"")


def test_pyarrow_sees_the_same_bytes(store: ObjectStore) -> None:
    store.put("a/b", b"seen")
    with store.filesystem().open_input_stream(store.fs_path("a/b")) as stream:
        assert stream.read() == b"seen"


@pytest.mark.parametrize("url", ["", "lake", "ftp://host/lake", "s3://", "file://host/lake"])
def test_an_unknown_address_is_refused(url: str) -> None:
    with pytest.raises(SetupError, match="Expected file:///folder or s3://bucket/prefix"):
        open_store(url)
