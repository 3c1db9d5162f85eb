from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.storage.gold.day_scans import DayScan
from ticklake_assets.storage.gold.tables import GoldTables
from ticklake_assets_tests.storage.gold.builders import MONDAY, days_from, fill_gold, make_bars, open_gold

DAYS = days_from(MONDAY, 3)
FIRST, LAST = DAYS[0].trading_day, DAYS[-1].trading_day


def planned(gold: GoldTables, name: str = "bars", **given: object) -> DayScan:
    snapshot = gold.snapshot_id(name)
    assert snapshot is not None
    return DayScan.planned(gold, gold.existing(name), "EURUSD", FIRST, LAST, snapshot, **given)  # type: ignore[arg-type]


def test_a_day_comes_at_a_time_and_in_time_order_whatever_its_files(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        day = make_bars(DAYS[1], 5)
        gold.replace(
            "bars", DAYS, pa.concat_tables([make_bars(DAYS[0], 3), day.slice(1, 2)]), {"run_id": "r-1"}
        )
        for rows in (day.slice(0, 1), day.slice(3)):  # as another engine may: files of their own
            gold.existing("bars").append(rows)
        found = planned(gold)
        tables = list(found.tables())
    assert list(found.files) == [day.trading_day for day in DAYS[:2]]
    assert [rows.num_rows for rows in tables] == [3, 5]
    times = tables[1]["bar_end"].to_pylist()
    assert times == sorted(times)


def test_other_symbols_and_days_are_not_planned(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        fill_gold(gold, days_from(MONDAY.shifted(-1), 6))
        assert list(planned(gold).files) == [day.trading_day for day in DAYS]
        bars = gold.existing("bars")
        other = DayScan.planned(gold, bars, "GBPUSD", FIRST, LAST, gold.snapshot_id("bars") or 0)
    assert other.files == {}


def test_a_table_or_snapshot_or_column_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        with pytest.raises(MissingDataError, match=r"Expected a table gold\.bars, was none"):
            gold.existing("bars")
        assert gold.catalog.list_namespaces() == []
        fill_gold(gold, DAYS)
        with pytest.raises(MissingDataError, match=r"Snapshot 1 of gold\.bars is not there"):
            DayScan.planned(gold, gold.existing("bars"), "EURUSD", FIRST, LAST, 1)
        with pytest.raises(DataError, match=r"Column 'x' of gold\.bars\. Expected some of symbol"):
            planned(gold, columns=["x"])
