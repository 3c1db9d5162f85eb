from __future__ import annotations

from pathlib import Path

import pytest
from pyiceberg.exceptions import ValidationException

from ticklake_assets.storage.gold.commit import swap_files
from ticklake_assets.storage.gold.commit_rows import days_filter
from ticklake_assets_tests.storage.gold.builders import MONDAY, RUN, days_from, make_bars, open_gold

TUESDAY = MONDAY.shifted(1)


def test_tombstones_of_earlier_commits_do_not_pile_up(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        gold.replace("bars", days_from(MONDAY, 2), make_bars(MONDAY, 2), RUN)
        for minutes in range(5):
            gold.replace("bars", [TUESDAY], make_bars(TUESDAY, minutes + 1), RUN)
        table = gold.table("bars")
        snapshot = table.current_snapshot()
        assert snapshot is not None
        manifests = snapshot.manifests(table.io)
        assert len(manifests) == 3  # the new file, the tombstone of the last one, the other day
        assert gold.row_counts("bars", [MONDAY, TUESDAY]) == {MONDAY: 2, TUESDAY: 5}


def test_rows_that_came_into_the_same_day_meanwhile_are_a_conflict(tmp_path: Path) -> None:
    """Even into a day that was empty: there is no old file that could be missed."""
    with open_gold(tmp_path) as gold:
        stale = gold.table("bars")
        gold.replace("bars", [MONDAY], make_bars(MONDAY, 2), RUN)
        with pytest.raises(ValidationException):
            swap_files(stale, days_filter([MONDAY]), [], {})
        assert gold.row_counts("bars", [MONDAY]) == {MONDAY: 2}


def test_a_commit_to_another_day_meanwhile_is_kept(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        gold.replace("bars", [MONDAY], make_bars(MONDAY, 1), RUN)
        stale = gold.table("bars")
        gold.replace("bars", [TUESDAY], make_bars(TUESDAY, 2), RUN)
        swap_files(stale, days_filter([MONDAY]), [], {})
        assert gold.row_counts("bars", [MONDAY, TUESDAY]) == {MONDAY: 0, TUESDAY: 2}
