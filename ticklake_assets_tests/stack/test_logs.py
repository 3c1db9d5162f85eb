from __future__ import annotations

from pathlib import Path

import pytest

from stack import logs
from stack.logs import END_B, LONGEST_B, last_lines, put_aside
from ticklake_assets_tests.stack.scripted import Scripted, bring_up, kill, new_site, running


@pytest.mark.parametrize(("text", "count"), [("", 3), ("a\n", 3), ("a\nb\nc\nd\n", 3), ("a\nb", 1)])
def test_the_last_lines_are_those_of_the_whole(text: str, count: int, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(text)
    assert last_lines(log, count) == (text.splitlines()[-count:], len(text))


def test_of_a_long_log_only_the_end_is_read_from_a_whole_line_on(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(
        b"\xff" * END_B + b"\n" + b"".join(b"%07d\n" % number for number in range(END_B // 8 - 1))
    )
    lines, end = last_lines(log, END_B)
    assert lines == [f"{number:07d}" for number in range(END_B // 8 - 1)]
    assert end == log.stat().st_size


def test_a_long_log_is_put_aside_in_place_of_the_one_before(tmp_path: Path) -> None:
    log, before = tmp_path / "weed.log", tmp_path / "weed.log.1"
    put_aside(log)
    log.write_bytes(b"1")
    put_aside(log)
    assert not before.exists()
    for _ in range(2):
        with log.open("wb") as file:
            file.truncate(LONGEST_B + 1)
        put_aside(log)
        assert [path.name for path in tmp_path.iterdir()] == [before.name]


def test_a_service_that_starts_again_begins_a_new_log(tmp_path: Path) -> None:
    site, one = new_site(tmp_path), Scripted("one", code="print('started', flush=True)")
    with running(site, one):
        kill(site, one)
        with site.log_of("one").open("ab") as file:
            file.truncate(logs.LONGEST_B + 1)
        bring_up(site, one)
        assert site.log_of("one").read_text().startswith("started\n")
        assert site.log_of("one").with_name("one.log.1").stat().st_size == LONGEST_B + 1
