from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from pyiceberg.table.snapshots import Operation

from ticklake_assets.storage.gold.commit import write_files
from ticklake_assets.storage.gold.maintenance import KEEP_SNAPSHOTS, compact, expire, keep_up
from ticklake_assets.storage.gold.tables import GoldTables
from ticklake_assets_tests.storage.gold.builders import MONDAY, RUN, days_from, make_bars, open_gold

DAYS = days_from(MONDAY, 3)


def append(gold: GoldTables, minutes: int, first: int) -> None:
    """One more file in Monday, as another engine leaves it: PyIceberg's plain append."""
    rows = make_bars(MONDAY, first + minutes).slice(first)
    gold.table("bars").append(rows.cast(gold.table("bars").schema().as_arrow()))


def now() -> datetime:
    return datetime.now(UTC)


def test_a_day_of_several_files_becomes_one_sorted_file(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        for day in DAYS:
            gold.replace("bars", [day], make_bars(day, 2), RUN)
        append(gold, 3, first=4)
        append(gold, 2, first=2)
        assert compact(gold, "bars") == 1
        tasks = list(gold.table("bars").scan().plan_files())
        assert sorted(task.file.record_count for task in tasks) == [2, 2, 7]
        assert gold.scan("bars", "EURUSD", [MONDAY.trading_day]).equals(make_bars(MONDAY, 7))
        summary = gold.table("bars").current_snapshot().summary  # type: ignore[union-attr]
        assert summary is not None
        assert (summary.operation, summary["total-data-files"], summary["total-records"]) == (
            Operation.REPLACE,
            "3",
            "11",
        )
        assert compact(gold, "bars") == 0


def test_compaction_gives_way_to_a_replace(tmp_path: Path) -> None:
    """The writer that comes in between is seen, since each attempt reads the day anew."""
    with open_gold(tmp_path) as gold:
        gold.replace("bars", [MONDAY], make_bars(MONDAY, 2), RUN)
        append(gold, 2, first=2)
        stale = gold.table("bars")
        with open_gold(tmp_path) as other:
            other.replace("bars", [MONDAY], make_bars(MONDAY, 9), RUN)
        assert len(stale.snapshots()) == 2
        compact(gold, "bars")
        assert gold.scan("bars", "EURUSD", [MONDAY.trading_day]).equals(make_bars(MONDAY, 9))


def test_expiry_takes_old_snapshots_but_never_a_tagged_one(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        kept = gold.replace("bars", [MONDAY], make_bars(MONDAY, 1), RUN)
        gold.replace("bars", [MONDAY], make_bars(MONDAY, 2), RUN)
        gold.replace("bars", [MONDAY], make_bars(MONDAY, 3), RUN)
        gold.tag("bars", kept, "EURUSD-2024-01-02")
        assert expire(gold, "bars", now() + timedelta(hours=1)) == 1
        assert gold.scan("bars", "EURUSD", [MONDAY.trading_day], kept).num_rows == 1
        assert expire(gold, "bars", now() + timedelta(hours=1)) == 0


def test_a_snapshot_that_was_current_lately_stays_however_old(tmp_path: Path) -> None:
    """A dataset is being frozen from it: it has no tag yet, and its commit may be months old."""
    with open_gold(tmp_path) as gold:
        gold.replace("bars", [MONDAY], make_bars(MONDAY, 1), RUN)
        old = gold.replace("bars", [MONDAY], make_bars(MONDAY, 2), RUN)
        cutoff = now()  # both commits are older
        gold.replace("bars", [MONDAY], make_bars(MONDAY, 3), RUN)
        assert expire(gold, "bars", cutoff) == 1
        assert gold.scan("bars", "EURUSD", [MONDAY.trading_day], old).num_rows == 2


def test_upkeep_leaves_every_row_and_every_pinned_row(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        for day in DAYS:
            gold.replace("bars", [day], make_bars(day, 2), RUN)
        pinned = gold.replace("bars", DAYS[:1], make_bars(MONDAY, 4), RUN)
        gold.tag("bars", pinned, "dataset")
        gold.replace("bars", DAYS[:1], make_bars(MONDAY, 6), RUN)
        append(gold, 1, first=6)
        write_files(gold.table("bars"), make_bars(MONDAY, 9))
        done = keep_up(gold, "bars", now() + KEEP_SNAPSHOTS + timedelta(hours=1))
        # Of six snapshots and the compaction's, the tagged one and the compaction's stay.
        assert (done.compacted_days, done.expired_snapshots) == (1, 5)
        assert done.removed.files > 0
        assert list(gold.row_counts("bars", DAYS).values()) == [7, 2, 2]
        assert gold.scan("bars", "EURUSD", [MONDAY.trading_day]).equals(make_bars(MONDAY, 7))
        assert gold.scan("bars", "EURUSD", [MONDAY.trading_day], pinned).equals(make_bars(MONDAY, 4))


def test_upkeep_a_second_time_finds_nothing(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        for day in DAYS:
            gold.replace("bars", [day], make_bars(day, 2), RUN)
        keep_up(gold, "bars", now())
        snapshot = gold.snapshot_id("bars")
        done = keep_up(gold, "bars", now())
        assert done == (0, 0, 0, (0, 0))
        assert gold.snapshot_id("bars") == snapshot


def test_a_tables_first_upkeep_may_come_before_its_first_row(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        assert keep_up(gold, "labels", now()) == (0, 0, 0, (0, 0))
