from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.datasets.snapshots import Pin, committed_in, pins
from ticklake_assets.storage.gold.maintenance import keep_up
from ticklake_assets_tests.storage.datasets.test_manifest import make_manifest
from ticklake_assets_tests.storage.gold.builders import MONDAY, RUN, days_from, make_features, open_gold

DAYS = days_from(MONDAY, 3)


def test_each_day_names_the_commit_that_wrote_it(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        rows = pa.concat_tables(make_features(day, 4) for day in DAYS)
        first = gold.replace("features", DAYS, rows, RUN)
        yen = SymbolDay("GBPJPY", MONDAY.trading_day)
        other = gold.replace("features", [yen], make_features(yen, 4), RUN)
        second = gold.replace("features", [DAYS[1]], make_features(DAYS[1], 5), RUN)
        gold.replace("features", [DAYS[2]], make_features(DAYS[2], 0), RUN)
        table, monday, tuesday = gold.table("features"), DAYS[0].trading_day, DAYS[1].trading_day
        last = gold.snapshot_id("features") or 0
        assert committed_in(table, last, "EURUSD") == {monday: first, tuesday: second}
        assert set(committed_in(table, first, "EURUSD").values()) == {first}
        assert committed_in(table, last, "GBPJPY") == {monday: other}
        assert committed_in(table, last, "AUDUSD") == {}
        keep_up(gold, "features", datetime.now(UTC) + timedelta(days=30))
        kept = gold.snapshot_id("features") or 0
        assert committed_in(gold.table("features"), kept, "EURUSD") == {monday: first, tuesday: second}


def test_a_lake_without_gold_has_no_snapshot_and_gets_no_table(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        assert pins(gold.catalog, make_manifest()) == [
            Pin("bars", 1, "gone"),
            Pin("features", 2, "gone"),
            Pin("labels", 3, "gone"),
        ]
        assert gold.catalog.list_namespaces() == []
