from __future__ import annotations

from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from serving.endpoint.journal.journals import Journals
from serving.endpoint.journal.room import JournalFullError, Limits, Room
from ticklake_assets_tests.serving.recorded_day import DAY


def test_a_disk_that_is_nearly_full_is_said_with_the_setting(tmp_path: Path) -> None:
    room = Room(tmp_path, Limits(least_free_bytes=2**60))
    assert room.left_bytes < 0
    with pytest.raises(JournalFullError, match="TICKLAKE_JOURNAL_FREE_BYTES"):
        room.take(1)


def test_what_lies_there_already_counts(tmp_path: Path) -> None:
    with closing(Journals(tmp_path)) as journals:
        journals.begin(DAY, complete=True)
        held = journals.room.held_bytes
    room = Room(tmp_path, Limits(most_bytes=held + 10, least_free_bytes=0))
    assert room.held_bytes == held > 0
    assert room.left_bytes == 10
    room.take(10)
    with pytest.raises(JournalFullError, match="TICKLAKE_JOURNAL_MOST_BYTES"):
        room.take(1)
    room.give_back(1)
    room.take(1)


def test_only_old_sealed_days_are_removed(tmp_path: Path) -> None:
    with closing(Journals(tmp_path, limits=Limits(keep_days=3, least_free_bytes=0))) as journals:
        for offset in range(4):
            journals.begin(DAY.shifted(offset), complete=True).seal()
        journals.begin(DAY.shifted(-1), complete=True)
        removed = list(journals.room.outdated(date(2024, 1, 22)))
        journals.room.remove(removed)
        assert [path.parent.name for path in removed] == ["2024-01-17", "2024-01-18"]
        assert journals.room.held_bytes == sum(p.stat().st_size for p in tmp_path.glob("*/*/*.journal"))
    assert len(list(tmp_path.glob("*/*/*.journal"))) == 3
