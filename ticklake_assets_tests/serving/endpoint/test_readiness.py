from __future__ import annotations

from pathlib import Path

import pytest

from serving.endpoint.readiness import Readiness, SaneClock, WritableFolder
from ticklake_assets.core.errors import SetupError


def test_it_is_ready_when_every_part_is_and_else_says_all_reasons(tmp_path: Path) -> None:
    readiness = Readiness()
    readiness.add("models", lambda: "2 in service")
    assert readiness.ask() == {"models": "2 in service"}
    readiness.add("journal", WritableFolder(tmp_path / "gone"))
    readiness.add("clock", SaneClock(lambda: 0.0))
    with pytest.raises(SetupError) as not_ready:
        readiness.ask()
    assert str(not_ready.value) == (
        "Not ready: journal: the disk refuses (No such file or directory); "
        "clock: Expected a time after 2025-01-01, was 1970-01-01 00:00:00 UTC"
    )


def test_a_clock_may_be_set_back_a_little() -> None:
    times = iter([1.8e9, 1.8e9 + 10, 1.8e9 + 9, 1.8e9 + 5])
    clock = SaneClock(lambda: next(times))
    assert [clock(), clock()] == ["sane", "sane"]
    with pytest.raises(
        SetupError, match=r"Expected a time after 2027-01-15 08:00:10 UTC, .* was 2027-01-15 08:00:05"
    ):
        clock()


def test_a_folder_is_asked_by_writing(tmp_path: Path) -> None:
    assert WritableFolder(tmp_path)() == "writable"
    assert list(tmp_path.iterdir()) == []
