from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ticklake_assets.core.errors import SetupError
from ticklake_assets.storage.gold.commit import write_files
from ticklake_assets.storage.gold.maintenance import expire
from ticklake_assets.storage.gold.orphans import remove_orphans
from ticklake_assets.storage.gold.tables import GoldTables, open_catalog
from ticklake_assets_tests.s3_server import S3Server
from ticklake_assets_tests.storage.gold.builders import MONDAY, RUN, days_from, make_bars, open_gold
from ticklake_assets_tests.storage.gold.warehouses import bucket_gold

LATER = timedelta(hours=1)


def soon() -> datetime:
    return datetime.now(UTC) + LATER


def files(root: Path) -> set[Path]:
    return {path for path in (root / "warehouse").rglob("*") if path.is_file()}


def test_what_a_snapshot_names_stays_and_the_rest_goes(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        for minutes in range(1, 6):
            gold.replace("bars", [MONDAY], make_bars(MONDAY, minutes), RUN)
        table = gold.table("bars")
        assert remove_orphans(table, soon()).files == 0
        left = write_files(table, make_bars(MONDAY.shifted(1), 9))  # by a writer that died before its commit
        removed = remove_orphans(table, soon())
        assert (removed.files, removed.bytes) == (1, left[0].file_size_in_bytes)
        for snapshot in table.snapshots():
            assert gold.scan("bars", "EURUSD", [MONDAY.trading_day], snapshot.snapshot_id).num_rows > 0


def test_files_of_expired_snapshots_go(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        for minutes in range(1, 6):
            gold.replace("bars", [MONDAY], make_bars(MONDAY, minutes), RUN)
        before = files(tmp_path)
        assert expire(gold, "bars", soon()) == 4
        removed = remove_orphans(gold.table("bars"), soon())
        gone = before - files(tmp_path)
        assert len([path for path in gone if path.suffix == ".parquet"]) == 4
        assert removed.files == len(gone)
        assert gold.scan("bars", "EURUSD", [MONDAY.trading_day]).num_rows == 5


def test_a_running_writers_files_are_too_young_to_go(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        table = gold.table("bars")
        write_files(table, make_bars(MONDAY, 9))
        before = files(tmp_path)
        assert remove_orphans(table, datetime.now(UTC) - LATER).files == 0
        assert files(tmp_path) == before


def test_a_warehouse_that_two_catalogs_share_is_left_alone(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        gold.replace("bars", [MONDAY], make_bars(MONDAY, 3), RUN)
        other = open_catalog("lake", f"sqlite:///{tmp_path}/other.db", (tmp_path / "warehouse").as_uri())
        with GoldTables(other) as newcomer:
            newcomer.replace("bars", [MONDAY], make_bars(MONDAY, 1), RUN)
            with pytest.raises(SetupError, match=r"two catalogs share this warehouse.*nothing was removed"):
                remove_orphans(newcomer.table("bars"), soon())
        assert gold.scan("bars", "EURUSD", [MONDAY.trading_day]).num_rows == 3


def test_a_bucket_is_swept_alike(tmp_path: Path, s3_server: S3Server) -> None:
    with bucket_gold(tmp_path, s3_server) as gold:
        for day in days_from(MONDAY, 2):
            gold.replace("bars", [day], make_bars(day, 2), RUN)
        write_files(gold.table("bars"), make_bars(MONDAY, 9))
        assert remove_orphans(gold.table("bars"), soon()).files == 1
        assert remove_orphans(gold.table("bars"), soon()).files == 0
        assert list(gold.row_counts("bars", days_from(MONDAY, 2)).values()) == [2, 2]
