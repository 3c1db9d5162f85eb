from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.features import FEATURE_TABLE
from ticklake_assets.core.schemas import Column
from ticklake_assets.storage.iceberg import GoldTables
from ticklake_assets.storage.iceberg_schema import GOLD, GoldTable
from ticklake_assets_tests.storage.gold_builders import MONDAY, RUN, make_features, open_gold


def test_tables_are_partitioned_sorted_and_documented(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        for name, shape in GOLD.items():
            table = gold.table(name)
            assert [str(field.transform) for field in table.spec().fields] == ["identity", "identity"]
            assert [field.name for field in table.spec().fields] == ["symbol", "trading_day"]
            assert table.format_version == 2
            ordered_by = table.sort_order().fields[0].source_id
            assert table.schema().find_field(ordered_by).name == shape.time
            assert all(field.doc for field in table.schema().fields)


def test_a_new_feature_is_added_and_old_rows_read_as_null(tmp_path: Path) -> None:
    grown = {
        **GOLD,
        "features": GoldTable((*FEATURE_TABLE, Column("new_one", "float64", "a later idea")), "ts_event"),
    }
    with open_gold(tmp_path) as gold:
        old = gold.replace("features", [MONDAY], make_features(MONDAY, 2), RUN)
    tuesday = MONDAY.shifted(1)
    with GoldTables(open_gold(tmp_path).catalog, grown) as gold:
        rows = make_features(tuesday, 2).append_column("new_one", pa.array([1.0, 2.0]))
        gold.replace("features", [tuesday], rows, RUN)
        scanned = gold.scan("features", "EURUSD", [MONDAY.trading_day, tuesday.trading_day])
        assert scanned["new_one"].to_pylist() == [None, None, 1.0, 2.0]
        assert gold.scan("features", "EURUSD", [MONDAY.trading_day], old).equals(make_features(MONDAY, 2))
        assert gold.table("features").schema().find_field("new_one").doc == "a later idea"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (FEATURE_TABLE[:-1], r"no longer makes\. Expected columns to be added only, was a removal"),
        ((*FEATURE_TABLE[:-1], FEATURE_TABLE[-1]._replace(type="int64")), "Expected double, was long"),
    ],
)
def test_a_removed_or_retyped_column_is_refused(
    tmp_path: Path, columns: tuple[Column, ...], message: str
) -> None:
    with open_gold(tmp_path) as gold:
        gold.table("features")
        changed = GoldTables(gold.catalog, {"features": GoldTable(columns, "ts_event")})
        with pytest.raises(DataError, match=message):
            changed.table("features")
