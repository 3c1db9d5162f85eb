from __future__ import annotations

from pathlib import Path

from pyiceberg.table import Table

from ticklake_assets.research.asked import Asked
from ticklake_assets.research.gold import gold_scan
from ticklake_assets.storage.gold.tables import GoldTables
from ticklake_assets_tests.storage.gold.builders import MONDAY, days_from, fill_gold, open_gold

DAYS = days_from(MONDAY, 2)


class CountingGold(GoldTables):
    """Counts how often a table is loaded: a read of the catalog and of a metadata file each time."""

    loads = 0

    def table(self, name: str) -> Table:
        self.loads += 1
        return super().table(name)

    def existing(self, name: str) -> Table:
        self.loads += 1
        return super().existing(name)


def test_a_scan_loads_its_table_once(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        fill_gold(gold, DAYS)
        counting = CountingGold(gold.catalog)
        asked = Asked.of(MONDAY.symbol, DAYS[0].trading_day, DAYS[-1].trading_day)
        scan = gold_scan(counting, "bars", asked, None, None)
        assert scan.to_arrow().num_rows == gold.scan("bars", MONDAY.symbol, list(scan.days)).num_rows > 0
    assert counting.loads == 1
