from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets_tests.s3_server import S3Server
from ticklake_assets_tests.storage.gold.builders import (
    MONDAY,
    RUN,
    days_from,
    fill_gold,
    make_bars,
    make_features,
    make_labels,
    open_gold,
)
from ticklake_assets_tests.storage.gold.warehouses import bucket_gold


def test_a_commit_replaces_exactly_the_days_it_names(tmp_path: Path) -> None:
    days = days_from(MONDAY, 3)
    with open_gold(tmp_path) as gold:
        gold.replace("features", days, pa.concat_tables(make_features(day, 5) for day in days), RUN)
        # Wednesday comes back with other rows, Tuesday with none; Monday isn't named and stays.
        gold.replace("features", days[1:], make_features(days[2], 2, seed=7), RUN)
        assert gold.row_counts("features", days) == {days[0]: 5, days[1]: 0, days[2]: 2}
        assert gold.scan("features", "EURUSD", [days[0].trading_day]).equals(make_features(days[0], 5))
        assert gold.scan("features", "EURUSD", [days[2].trading_day]).equals(
            make_features(days[2], 2, seed=7)
        )


def test_another_symbol_keeps_its_rows(tmp_path: Path) -> None:
    yen = SymbolDay("GBPJPY", MONDAY.trading_day)
    with open_gold(tmp_path) as gold:
        gold.replace("bars", [MONDAY, yen], pa.concat_tables([make_bars(MONDAY, 3), make_bars(yen, 2)]), RUN)
        gold.replace("bars", [MONDAY], make_bars(MONDAY, 1), RUN)
        assert gold.row_counts("bars", [MONDAY, yen]) == {MONDAY: 1, yen: 2}


@settings(max_examples=6)
@given(
    st.lists(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=4), max_size=4)
)
def test_the_table_is_what_the_last_commit_of_each_day_wrote(commits: list[list[tuple[int, int]]]) -> None:
    week = days_from(MONDAY, 5)
    expected = dict.fromkeys(week, 0)
    with TemporaryDirectory() as folder, open_gold(Path(folder)) as gold:
        for commit in commits:
            rows = {week[at]: count for at, count in commit}
            gold.replace(
                "bars", list(rows), pa.concat_tables(make_bars(day, n) for day, n in rows.items()), RUN
            )
            expected.update(rows)
        assert gold.row_counts("bars", week) == expected
        scanned = gold.scan("bars", "EURUSD", [day.trading_day for day in week])
        assert scanned.equals(pa.concat_tables(make_bars(day, count) for day, count in expected.items()))


def test_the_same_replace_again_leaves_the_same_content(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        first = gold.replace("labels", [MONDAY], make_labels(MONDAY, 6), RUN)
        second = gold.replace("labels", [MONDAY], make_labels(MONDAY, 6), RUN)
        monday = [MONDAY.trading_day]
        assert first != second
        assert gold.scan("labels", "EURUSD", monday, first).equals(
            gold.scan("labels", "EURUSD", monday, second)
        )


def test_one_commit_makes_one_snapshot_with_its_provenance(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        gold.replace("bars", [MONDAY], make_bars(MONDAY, 2), RUN)
        snapshot = gold.replace(
            "bars", [MONDAY], make_bars(MONDAY, 3), {"run_id": "r-2", "kernel_version": "1"}
        )
        table = gold.table("bars")
        assert len(table.snapshots()) == 2
        held = table.snapshot_by_id(snapshot)
        assert held is not None
        assert held.summary is not None
        assert held.summary["ticklake.run_id"] == "r-2"
        assert held.summary["total-records"] == "3"


def test_rows_are_sorted_whatever_order_they_came_in(tmp_path: Path) -> None:
    tuesday = MONDAY.shifted(1)
    ordered = pa.concat_tables([make_bars(MONDAY, 4), make_bars(tuesday, 4)])
    with open_gold(tmp_path) as gold:
        gold.replace("bars", [tuesday, MONDAY], ordered.take([6, 1, 3, 0, 7, 2, 5, 4]), RUN)
        days = [tuesday.trading_day, MONDAY.trading_day]
        assert gold.scan("bars", "EURUSD", days).equals(ordered)
        files = list(gold.table("bars").scan().plan_files())
        stored = [pq.read_table(task.file.file_path.removeprefix("file://")) for task in files]
        assert all(rows["bar_end"].to_pylist() == sorted(rows["bar_end"].to_pylist()) for rows in stored)
        assert gold.scan("bars", "EURUSD", days, columns=["tick_count"]).column_names == ["tick_count"]


def test_a_day_without_data_is_an_empty_scan(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        assert gold.snapshot_id("bars") is None
        assert gold.scan("bars", "EURUSD", [MONDAY.trading_day]).num_rows == 0
        assert (
            gold.scan("bars", "EURUSD", []).column_names
            == gold.scan("bars", "EURUSD", [MONDAY.trading_day]).column_names
        )
        gold.replace("bars", [MONDAY], make_bars(MONDAY, 0), RUN)
        assert gold.snapshot_id("bars") is not None


def test_an_old_snapshot_stays_readable(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        old = gold.replace("bars", [MONDAY], make_bars(MONDAY, 2), RUN)
        gold.replace("bars", [MONDAY], make_bars(MONDAY, 5), RUN)
        assert gold.scan("bars", "EURUSD", [MONDAY.trading_day], old).num_rows == 2
        assert gold.row_counts("bars", [MONDAY], old) == {MONDAY: 2}
        with pytest.raises(MissingDataError, match=r"Snapshot 12 of gold\.bars is not there"):
            gold.scan("bars", "EURUSD", [MONDAY.trading_day], 12)


def test_a_tag_pins_one_snapshot(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        kept = gold.replace("bars", [MONDAY], make_bars(MONDAY, 1), RUN)
        gold.tag("bars", kept, "EURUSD-2024-01-02")
        gold.tag("bars", kept, "EURUSD-2024-01-02")
        with pytest.raises(DataError, match="pins another snapshot"):
            gold.tag("bars", gold.replace("bars", [MONDAY], make_bars(MONDAY, 4), RUN), "EURUSD-2024-01-02")


def test_writers_of_different_days_all_succeed_even_as_the_first_ones(tmp_path: Path) -> None:
    days = days_from(MONDAY, 8)

    def write(at: int) -> int:
        with open_gold(tmp_path) as gold:
            return gold.replace("bars", [days[at]], make_bars(days[at], at + 1), RUN)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(write, range(8)))) == 8
    with open_gold(tmp_path) as gold:
        assert list(gold.row_counts("bars", days).values()) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_of_two_writers_of_one_day_one_wins_whole(tmp_path: Path) -> None:
    def write(minutes: int) -> int:
        with open_gold(tmp_path) as gold:
            return gold.replace("bars", [MONDAY], make_bars(MONDAY, minutes), RUN)

    with open_gold(tmp_path) as gold:
        gold.replace("bars", [MONDAY], make_bars(MONDAY, 1), RUN)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(write, [10, 20, 30, 40]))
        assert gold.row_counts("bars", [MONDAY])[MONDAY] in {10, 20, 30, 40}


def test_looking_at_a_table_leaves_no_file(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        gold.table("bars")
    before = sorted(tmp_path.rglob("*"))
    with open_gold(tmp_path) as gold:
        gold.table("bars")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_with_a_blank_in_its_name_works(tmp_path: Path) -> None:
    root = tmp_path / "my lake"
    with open_gold(root) as gold:
        fill_gold(gold, [MONDAY], events=3)
        assert gold.scan("labels", "EURUSD", [MONDAY.trading_day]).num_rows == 3
    assert {path.name for path in root.iterdir()} == {"catalog.db", "warehouse"}


def test_the_warehouse_may_be_a_bucket(tmp_path: Path, s3_server: S3Server) -> None:
    with bucket_gold(tmp_path, s3_server) as gold:
        gold.replace("bars", [MONDAY], make_bars(MONDAY, 2), RUN)
        gold.replace("bars", [MONDAY], make_bars(MONDAY, 3), RUN)
        assert gold.scan("bars", "EURUSD", [MONDAY.trading_day]).equals(make_bars(MONDAY, 3))
