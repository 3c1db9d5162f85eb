from __future__ import annotations

import os
from pathlib import Path

import pytest

from ticklake_assets.core.day_files import raw_key
from ticklake_assets.core.errors import ImmutabilityError
from ticklake_assets.storage.replication.landing_folder import LandingFolder
from ticklake_assets_tests.storage.raw.raw_files import DAY, make_raw
from ticklake_assets_tests.storage.replication.landing_files import contents, land, waiting_path


def test_what_waits_is_listed_by_day_and_revision(tmp_path: Path) -> None:
    for day, revision in ((DAY.shifted(1), 1), (DAY, 10), (DAY, 2), (DAY, 1)):
        land(tmp_path, day, make_raw(3), revision)
    folder = LandingFolder(tmp_path)
    assert [(file.day, file.revision) for file in folder.waiting()] == [
        (DAY, 1),
        (DAY, 2),
        (DAY, 10),
        (DAY.shifted(1), 1),
    ]
    assert [file.revision for file in folder.waiting(DAY)] == [1, 2, 10]
    assert folder.queue() == ("landing", 4, 4 * len(make_raw(3)), 0)


def test_a_file_that_was_replaced_since_it_was_read_stays(tmp_path: Path) -> None:
    path = land(tmp_path, DAY, make_raw(4))
    LandingFolder(tmp_path).take(path, make_raw(3))
    assert contents(tmp_path / "ticks") == [make_raw(4)]
    assert contents(tmp_path / "done") == []


def test_a_file_that_another_mover_took_is_no_error(tmp_path: Path) -> None:
    LandingFolder(tmp_path).take(waiting_path(tmp_path, DAY), make_raw(3))
    assert contents(tmp_path) == []


def test_what_the_lake_lost_waits_again(tmp_path: Path) -> None:
    folder = LandingFolder(tmp_path)
    for revision in (1, 2):
        folder.take(land(tmp_path, DAY, make_raw(revision), revision), make_raw(revision))
    folder.give_back(DAY, {raw_key(DAY, 1)})
    assert [file.revision for file in folder.waiting(DAY)] == [2]
    assert [file.revision for file in folder.taken(DAY)] == [1]
    assert waiting_path(tmp_path, DAY, 2).read_bytes() == make_raw(2)


def test_what_was_taken_is_never_replaced(tmp_path: Path) -> None:
    folder = LandingFolder(tmp_path)
    for rows in (3, 3, 4):
        folder.take(land(tmp_path, DAY, make_raw(rows)), make_raw(rows))
    assert contents(tmp_path / "ticks") == []
    assert contents(tmp_path / "done") == sorted([make_raw(3), make_raw(4)])
    assert [file.path.read_bytes() for file in folder.taken(DAY)] == [make_raw(3)]


def test_a_move_that_was_interrupted_is_finished(tmp_path: Path) -> None:
    path = land(tmp_path, DAY, make_raw(3))
    folder = LandingFolder(tmp_path)
    folder.take(path, make_raw(3))
    os.link(folder.taken(DAY)[0].path, path)  # between the link and the removal of the old name
    folder.take(path, make_raw(3))
    assert contents(tmp_path) == [make_raw(3)]


def test_each_content_in_conflict_is_kept_until_a_person_has_looked(tmp_path: Path) -> None:
    folder = LandingFolder(tmp_path)
    kept = [folder.refuse(land(tmp_path, DAY, make_raw(rows)), make_raw(rows)) for rows in (4, 5, 4)]
    assert kept[0] == kept[2] != kept[1]
    assert folder.refused() == sorted(set(kept))
    folder.require_no_conflict(DAY.shifted(1), 1)
    folder.require_no_conflict(DAY, 2)
    with pytest.raises(ImmutabilityError, match="is in conflict"):
        folder.require_no_conflict(DAY, 1)
    for path in set(kept):
        path.unlink()
    folder.require_no_conflict(DAY, 1)


def test_only_what_was_taken_lately_counts(tmp_path: Path) -> None:
    folder = LandingFolder(tmp_path)
    folder.take(land(tmp_path, DAY, make_raw(3)), make_raw(3))
    assert folder.taken_within(60) == (1, len(make_raw(3)))
    assert folder.taken_within(-1) == (0, 0)
