from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from ticklake_assets.core.errors import SetupError
from ticklake_assets.storage.objects.opening import open_store
from ticklake_assets.storage.objects.store import ObjectStore
from ticklake_assets_tests.small_disks import as_another_user, disk_that_takes


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_a_full_disk_leaves_the_old_content_and_no_trace(local_store: ObjectStore, tmp_path: Path) -> None:
    local_store.put("a", b"old")
    with disk_that_takes(1_000):
        with pytest.raises(SetupError, match=os.strerror(errno.EFBIG)):
            local_store.put("a", b"x" * 10_000)
        with pytest.raises(SetupError, match=r"Cannot write .*/b"):
            local_store.create("b", b"x" * 10_000)
    assert local_store.get("a") == b"old"
    assert files(tmp_path / "lake") == [tmp_path / "lake" / "a"]


def test_a_read_only_folder_is_one_clear_line(tmp_path: Path) -> None:
    folder = tmp_path / "lake"
    folder.mkdir()
    folder.chmod(0o500)
    with as_another_user(), pytest.raises(SetupError, match="Permission denied") as caught:
        open_store(folder.as_uri()).put("a", b"x")
    folder.chmod(0o700)
    assert str(folder / "a") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_in_the_place_of_the_folder_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "lake").write_bytes(b"")
    store = open_store((tmp_path / "lake").as_uri())
    with pytest.raises(SetupError, match="Cannot write"):
        store.put("a/b", b"x")
    assert store.head("a/b") is None


def test_a_touched_file_differs_in_etag_only(local_store: ObjectStore) -> None:
    before = local_store.put("a", b"one")
    os.utime(local_store.uri("a"), (1, 1))
    after = local_store.head("a")
    assert after is not None
    assert after.etag != before.etag
    assert after.size == before.size


def test_deleting_tidies_empty_folders_away(local_store: ObjectStore, tmp_path: Path) -> None:
    local_store.put("a/b/c/d", b"one")
    local_store.put("a/x", b"two")
    local_store.delete("a/b/c/d")
    assert not (tmp_path / "lake/a/b").exists()
    assert local_store.get("a/x") == b"two"


def test_an_unfinished_write_of_a_killed_process_is_not_listed(
    local_store: ObjectStore, tmp_path: Path
) -> None:
    local_store.put("a", b"one")
    (tmp_path / "lake/.incoming/left-over").write_bytes(b"half")
    assert [found.key for found in local_store.list()] == ["a"]


def test_what_killed_writers_left_is_swept_a_day_later(local_store: ObjectStore, tmp_path: Path) -> None:
    local_store.put("a", b"one")
    fresh, old = (tmp_path / "lake/.incoming" / name for name in ("fresh", "old"))
    for path in (fresh, old):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 90_000,) * 2)
    again = open_store((tmp_path / "lake").as_uri())
    assert (fresh.exists(), old.exists()) == (True, False)
    assert again.get("a") == b"one"


def test_a_folder_name_with_blanks_is_a_fine_root(tmp_path: Path) -> None:
    store = open_store((tmp_path / "my lake").as_uri())
    store.put("a", b"one")
    assert (tmp_path / "my lake" / "a").read_bytes() == b"one"
