from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from mt5_bridge.append_log import AppendLog, ChainedLog
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


def _chained(path: Path, account: str = "mine") -> ChainedLog:
    return ChainedLog(path, {"account": account})


def _three_lines(path: Path) -> list[bytes]:
    """And the session's before them."""
    with _chained(path) as log:
        for n in range(3):
            log.append({"value": n}, durable=False)
    return path.read_bytes().splitlines(keepends=True)


def test_a_chain_goes_on_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    _three_lines(path)
    with _chained(path) as log:
        assert log.records == [{"value": 0}, {"value": 1}, {"value": 2}]
        before = log.head
        log.append({"value": 3}, durable=True)
        assert log.holds(before)
        assert log.holds(log.head)
        assert not log.holds("0" * 64)
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert [line["n"] for line in lines] == [1, 2, 3, 4, 5]
    assert lines[0] == {"n": 1, "prev": "", "kind": "session", "account": "mine"}
    assert lines[-1]["prev"] == before


def test_a_chain_cut_at_any_byte_keeps_its_whole_lines_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    content = b"".join(_three_lines(path))
    for cut in range(len(content) + 1):
        path.write_bytes(content[:cut])
        with _chained(path) as log:
            assert len(log.records) == max(content[:cut].count(b"\n") - 1, 0)
            log.append({"value": 99}, durable=False)
        with _chained(path) as log:
            assert log.records[-1] == {"value": 99}


@pytest.mark.parametrize("line", range(4))
@pytest.mark.parametrize("damage", ["taken out", "doubled", "changed", "another's"])
def test_a_damaged_chain_is_refused_by_file_and_line(tmp_path: Path, damage: str, line: int) -> None:
    path = tmp_path / "log.jsonl"
    lines = _three_lines(path)
    match damage:
        case "taken out":
            del lines[line]
        case "doubled":
            lines.insert(line, lines[line])
        case "changed":
            lines[line] = lines[line].replace(b"}", b',"more":1}')
        case _:
            with _chained(tmp_path / "other.jsonl", "other") as log:
                for n in range(3):
                    log.append({"value": n}, durable=False)
            lines[line:] = (tmp_path / "other.jsonl").read_bytes().splitlines(keepends=True)[line:]
    path.write_bytes(b"".join(lines))
    if line == 3 and damage in {"taken out", "changed"}:
        with _chained(path) as log:  # what follows, or the other side's log, tells
            assert len(log.records) in {2, 3}
        return
    first_odd = line + 1 if damage in {"taken out", "another's"} or line == 0 else line + 2
    first_odd = 2 if damage == "doubled" and line == 0 else first_odd
    with pytest.raises(JournalError, match=rf"log.jsonl, line {first_odd}: Expected"):
        _chained(path)
