from __future__ import annotations

import errno
from pathlib import Path

import pytest

from mt5_bridge.append_log import AppendLog
from mt5_bridge.errors import JournalError


def test_what_was_appended_is_read_back(tmp_path: Path) -> None:
    with AppendLog(tmp_path / "deep" / "log.jsonl") as log:
        assert log.records == []
        log.append({"n": 1, "price": 0.1}, durable=True)
        log.append({"n": 2, "price": 1e-17}, durable=False)
    with AppendLog(tmp_path / "deep" / "log.jsonl") as log:
        assert log.records == [{"n": 1, "price": 0.1}, {"n": 2, "price": 1e-17}]


def test_a_log_cut_at_any_byte_keeps_its_whole_lines_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with AppendLog(path) as log:
        for n in range(3):
            log.append({"n": n}, durable=False)
    content = path.read_bytes()
    for cut in range(len(content) + 1):
        path.write_bytes(content[:cut])
        with AppendLog(path) as log:
            assert [record["n"] for record in log.records] == list(range(content[:cut].count(b"\n")))
            log.append({"n": 99}, durable=False)
        with AppendLog(path) as log:
            assert log.records[-1] == {"n": 99}


def test_a_damaged_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"n":1}\nbroken\n{"n":3}\n')
    with pytest.raises(JournalError, match=r"log.jsonl, line 2: Expected JSON, was b'broken'"):
        AppendLog(path)


def test_a_folder_that_cannot_be_made_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match=r"log.jsonl: the disk refuses the journal \(.+\)"):
        AppendLog(tmp_path / "file" / "under" / "log.jsonl")


class _FullDisk(AppendLog):
    def _write(self, line: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_one_error(tmp_path: Path) -> None:
    with (
        _FullDisk(tmp_path / "log.jsonl") as log,
        pytest.raises(JournalError, match=r"\(No space left on device\). Expected a folder that .* has room"),
    ):
        log.append({"n": 1}, durable=True)


def test_a_second_bridge_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    with (
        AppendLog(tmp_path / "log.jsonl"),
        pytest.raises(JournalError, match="held by another process"),
    ):
        AppendLog(tmp_path / "log.jsonl")
    AppendLog(tmp_path / "log.jsonl").close()
