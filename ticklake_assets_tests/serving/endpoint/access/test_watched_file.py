from __future__ import annotations

import os
from pathlib import Path

import pytest

from serving.endpoint.access.watched_file import WatchedFile
from ticklake_assets.files import replace_file


def test_a_change_is_seen_and_an_unchanged_file_is_read_once(tmp_path: Path) -> None:
    path, parsed = tmp_path / "file", []

    def parse(content: bytes | None) -> bytes | None:
        parsed.append(content)
        return content

    watched = WatchedFile(path, parse)
    assert watched.value is None
    replace_file(path, b"one")
    assert [watched.value for _ in range(3)] == [b"one"] * 3
    replace_file(path, b"two")  # the same length
    assert [watched.value for _ in range(3)] == [b"two"] * 3
    path.unlink()
    assert [watched.value for _ in range(3)] == [None] * 3
    assert parsed == [None, b"one", b"two", None]


def test_a_replacement_of_the_same_time_and_size_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "file"
    watched = WatchedFile(path, lambda content: content)
    for content in (b"one", b"two"):
        replace_file(path, content)
        os.utime(path, ns=(1, 1))
        assert watched.value == content


def test_a_file_that_cannot_be_parsed_is_an_error_until_it_is_mended(tmp_path: Path) -> None:
    path = tmp_path / "file"
    watched = WatchedFile(path, lambda content: int(content or b"0"))
    replace_file(path, b"x")
    for _ in range(2):
        with pytest.raises(ValueError, match="invalid literal"):
            _ = watched.value
    replace_file(path, b"7")
    assert watched.value == 7
