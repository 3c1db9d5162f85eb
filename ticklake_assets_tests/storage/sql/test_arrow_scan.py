from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.dataset as ds
from pyiceberg.types import DoubleType

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.gold.tables import GoldTables
from ticklake_assets.storage.sql.arrow_scan import arrow_dataset
from ticklake_assets_tests.storage.gold.builders import MONDAY, RUN, days_from, make_bars, open_gold

DAYS = [*days_from(MONDAY, 3), SymbolDay("GBPJPY", MONDAY.trading_day)]


def fill(gold: GoldTables) -> None:
    gold.replace("bars", DAYS, pa.concat_tables(make_bars(day, 10) for day in DAYS), RUN)


def test_rows_are_those_of_iceberg_as_often_as_they_are_read(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        fill(gold)
        gold.replace("bars", DAYS[:1], make_bars(DAYS[0], 3), RUN)
        table = gold.table("bars")
        dataset, order = arrow_dataset(table), [("symbol", "ascending"), ("bar_end", "ascending")]
        wanted = table.scan().to_arrow().sort_by(order)
        assert wanted.num_rows == 33
        for _ in range(2):
            assert dataset.to_table().sort_by(order).equals(wanted)


def test_an_empty_table_has_columns_and_no_rows(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        rows = arrow_dataset(gold.table("bars")).to_table()
    assert (rows.num_rows, rows.column_names[:3]) == (0, ["symbol", "trading_day", "bar_end"])


def test_files_of_other_symbol_days_are_not_opened(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        fill(gold)
        for task in gold.table("bars").scan().plan_files():
            if "GBPJPY" not in task.file.file_path:
                Path(urlsplit(task.file.file_path).path).unlink()
        of_symbol = ds.field("symbol") == "GBPJPY"
        assert arrow_dataset(gold.table("bars")).to_table(filter=of_symbol).num_rows == 10


def test_a_column_that_a_file_lacks_is_null(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        fill(gold)
        with gold.table("bars").update_schema() as update:
            update.add_column("later", DoubleType())
        rows = arrow_dataset(gold.table("bars")).to_table()
    assert rows["later"].null_count == rows.num_rows == 40
