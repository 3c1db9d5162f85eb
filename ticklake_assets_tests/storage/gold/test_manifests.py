from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from pyiceberg.manifest import ManifestFile
from pyiceberg.table.snapshots import Operation

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.gold.manifests import regroup_manifests
from ticklake_assets.storage.gold.tables import GoldTables
from ticklake_assets_tests.storage.gold.builders import MONDAY, RUN, days_from, make_bars, open_gold


def manifests(gold: GoldTables) -> list[ManifestFile]:
    table = gold.table("bars")
    snapshot = table.current_snapshot()
    assert snapshot is not None
    return snapshot.manifests(table.io)


def test_manifests_become_one_a_symbol_and_month(tmp_path: Path) -> None:
    days = days_from(MONDAY.shifted(25), 10)  # 26 January to 4 February
    yen = [SymbolDay("GBPJPY", day.trading_day) for day in days[:3]]
    with open_gold(tmp_path) as gold:
        for day in (*days, *yen):
            gold.replace("bars", [day], make_bars(day, 2), RUN)
        gold.replace("bars", days[4:6], make_bars(days[4], 5), RUN)  # leaves tombstones
        rows, before = gold.row_counts("bars", [*days, *yen]), len(manifests(gold))
        went = regroup_manifests(gold.table("bars"), {})
        assert [m.existing_files_count for m in manifests(gold)] == [5, 4, 3]
        assert all(m.deleted_files_count == 0 for m in manifests(gold))
        assert went == before - 3 > 0
        assert gold.row_counts("bars", [*days, *yen]) == rows


def test_settled_manifests_are_left_alone(tmp_path: Path) -> None:
    days = days_from(MONDAY.shifted(29), 4)  # 30 January to 2 February
    with open_gold(tmp_path) as gold:
        for day in days:
            gold.replace("bars", [day], make_bars(day, 1), RUN)
        regroup_manifests(gold.table("bars"), {})
        snapshot, january = gold.snapshot_id("bars"), manifests(gold)[0]
        assert regroup_manifests(gold.table("bars"), {}) == 0
        assert gold.snapshot_id("bars") == snapshot
        late = days[-1].shifted(1)
        gold.replace("bars", [late], make_bars(late, 1), RUN)
        assert regroup_manifests(gold.table("bars"), {}) == 1
        assert january in manifests(gold)


def test_a_run_over_the_end_of_a_month_is_split(tmp_path: Path) -> None:
    days = days_from(MONDAY.shifted(25), 12)
    with open_gold(tmp_path) as gold:
        gold.replace("bars", days, pa.concat_tables(make_bars(day, 1) for day in days), RUN)
        assert regroup_manifests(gold.table("bars"), {}) == -1
        assert [m.existing_files_count for m in manifests(gold)] == [6, 6]


def test_what_a_later_run_brings_joins_the_months_manifests(tmp_path: Path) -> None:
    days = days_from(MONDAY.shifted(28), 6)  # 29 January to 3 February
    with open_gold(tmp_path) as gold:
        gold.replace("bars", days[:2], pa.concat_tables(make_bars(day, 1) for day in days[:2]), RUN)
        regroup_manifests(gold.table("bars"), {})
        gold.replace("bars", days[2:], pa.concat_tables(make_bars(day, 1) for day in days[2:]), RUN)
        regroup_manifests(gold.table("bars"), {})
        assert [m.existing_files_count for m in manifests(gold)] == [3, 3]


def test_a_commit_that_comes_first_is_kept(tmp_path: Path) -> None:
    days = days_from(MONDAY, 4)
    with open_gold(tmp_path) as gold:
        for day in days[:3]:
            gold.replace("bars", [day], make_bars(day, 1), RUN)
        stale = gold.table("bars")
        gold.replace("bars", days[2:], pa.concat_tables(make_bars(day, 7) for day in days[2:]), RUN)
        regroup_manifests(stale, {})
        assert list(gold.row_counts("bars", days).values()) == [1, 1, 7, 7]


def test_the_snapshot_says_that_no_row_changed(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        for day in days_from(MONDAY, 2):
            gold.replace("bars", [day], make_bars(day, 3), RUN)
        regroup_manifests(gold.table("bars"), {"ticklake.upkeep": "true"})
        summary = gold.table("bars").current_snapshot().summary  # type: ignore[union-attr]
        assert summary is not None
        assert (summary.operation, summary["total-records"], summary["ticklake.upkeep"]) == (
            Operation.REPLACE,
            "6",
            "true",
        )


def test_an_empty_table_has_nothing_to_regroup(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        assert regroup_manifests(gold.table("bars"), {}) == 0
