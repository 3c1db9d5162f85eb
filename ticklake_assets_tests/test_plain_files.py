from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from ticklake_assets.core.errors import SourceError
from ticklake_assets.plain_files import plain_files, read_plain


def test_only_a_regular_file_is_read(tmp_path: Path) -> None:
    file, link, nowhere, pipe, folder, door = (tmp_path / str(number) for number in range(6))
    file.write_bytes(b"ticks")
    link.symlink_to(file)
    nowhere.symlink_to(tmp_path / "nothing")
    os.mkfifo(pipe)
    folder.mkdir()
    with socket.socket(socket.AF_UNIX) as held:
        held.bind(str(door))
        assert read_plain(file) == b"ticks"
        for path, kind in (
            (link, "link"),
            (nowhere, "link"),
            (pipe, "pipe"),
            (folder, "folder"),
            (door, "socket"),
        ):
            with pytest.raises(
                SourceError, match=f"{path} is passed over. Expected a regular file, was a {kind}"
            ):
                read_plain(path)
        assert list(plain_files([file, link, nowhere, pipe, folder, door, tmp_path / "gone"])) == [file]
    with pytest.raises(FileNotFoundError):
        read_plain(tmp_path / "gone")
