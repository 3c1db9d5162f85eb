from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pytest

from ticklake_assets.core import declared
from ticklake_assets.core.errors import DataError
from ticklake_assets.core.features import BUILT_IN, FEATURE_TABLE
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.gold.maintenance import compact
from ticklake_assets.storage.gold.schema import GOLD, GoldTable
from ticklake_assets.storage.gold.tables import GoldTables
from ticklake_assets_tests.storage.gold.builders import MONDAY, RUN, make_features, open_gold

TUESDAY = MONDAY.shifted(1)
NEW_ONE = declared.columns_of([declared.Feature("new_one", "a later idea", 0, lambda memory, quote: 0.0)])
GROWN = {**GOLD, "features": GoldTable((*FEATURE_TABLE, *NEW_ONE), "ts_event")}


@contextmanager
def grown_gold(root: Path) -> Iterator[GoldTables]:
    """The same tables in the hands of code with one added feature more."""
    with GoldTables(open_gold(root).catalog, GROWN) as gold:
        yield gold


def with_new_one(day: SymbolDay, values: list[float]) -> pa.Table:
    return make_features(day, len(values)).append_column("new_one", pa.array(values))


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


def test_code_with_and_without_a_column_share_a_table(tmp_path: Path) -> None:
    """A feature is added, days are made, it is taken away again, days are made, and it comes back."""
    before, after = MONDAY, MONDAY.shifted(2)
    days = [before, TUESDAY, after]
    with open_gold(tmp_path) as gold:
        old = gold.replace("features", [before], make_features(before, 2), RUN)
    with grown_gold(tmp_path) as grown:
        newer = grown.replace("features", [TUESDAY], with_new_one(TUESDAY, [1.0, 2.0]), RUN)
        assert grown.table("features").schema().find_field("new_one").doc == "a later idea"
    with open_gold(tmp_path) as gold:
        gold.replace("features", [after], make_features(after, 2), RUN)
        for day in days:
            assert gold.scan("features", "EURUSD", [day.trading_day]).equals(make_features(day, 2))
        assert gold.row_counts("features", days) == dict.fromkeys(days, 2)
    with grown_gold(tmp_path) as grown:
        found = grown.scan("features", "EURUSD", [day.trading_day for day in days])
        assert found["new_one"].to_pylist() == [None, None, 1.0, 2.0, None, None]
        assert grown.scan("features", "EURUSD", [before.trading_day], old).equals(make_features(before, 2))
        then = grown.scan("features", "EURUSD", [TUESDAY.trading_day], newer)
        assert then["new_one"].to_pylist() == [1.0, 2.0]
        grown.replace("features", [after], with_new_one(after, [5.0, 6.0]), RUN)
        assert grown.scan("features", "EURUSD", [after.trading_day])["new_one"].to_pylist() == [5.0, 6.0]


def test_reading_with_a_new_column_leaves_the_table_as_it_is(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        gold.replace("features", [MONDAY], make_features(MONDAY, 2), RUN)
    with grown_gold(tmp_path) as grown:
        assert grown.scan("features", "EURUSD", [MONDAY.trading_day])["new_one"].to_pylist() == [None, None]
        found = grown.scan("features", "EURUSD", [MONDAY.trading_day], columns=["new_one", "bid"])
        assert found.column_names == ["new_one", "bid"]
        assert "new_one" in grown.scan("features", "EURUSD", []).column_names
        assert "new_one" not in grown.table("features").schema().column_names
    with open_gold(tmp_path) as gold:
        gold.replace("features", [MONDAY], make_features(MONDAY, 3), RUN)


def test_a_table_that_began_with_an_added_column_does_without_it_too(tmp_path: Path) -> None:
    with grown_gold(tmp_path) as grown:
        grown.replace("features", [TUESDAY], with_new_one(TUESDAY, [1.0, 2.0]), RUN)
    with open_gold(tmp_path) as gold:
        gold.replace("features", [MONDAY], make_features(MONDAY, 2), RUN)
        gold.catalog.load_table(("gold", "features")).append(with_new_one(MONDAY, [3.0, 4.0]))
        assert compact(gold, "features") == 1
    with grown_gold(tmp_path) as grown:
        found = grown.scan("features", "EURUSD", [MONDAY.trading_day, TUESDAY.trading_day])
        assert sorted(found["new_one"].drop_null().to_pylist()) == [1.0, 2.0, 3.0, 4.0]


def test_a_required_column_cannot_be_left_out(tmp_path: Path) -> None:
    name = BUILT_IN[-1].name
    columns = tuple(column for column in FEATURE_TABLE if column.name != name)
    with open_gold(tmp_path) as gold:
        gold.replace("features", [MONDAY], make_features(MONDAY, 2), RUN)
        lacking = GoldTables(gold.catalog, {"features": GoldTable(columns, "ts_event")})
        assert lacking.scan("features", "EURUSD", [MONDAY.trading_day]).num_rows == 2
        rows = make_features(TUESDAY, 2).drop_columns([name])
        with pytest.raises(DataError, match=rf"requires \['{name}'\], which the code no longer"):
            lacking.replace("features", [TUESDAY], rows, RUN)
        with gold.table("features").update_schema() as update:
            update.make_column_optional(name)
        lacking.replace("features", [TUESDAY], rows, RUN)


def test_a_retyped_column_is_refused(tmp_path: Path) -> None:
    columns = (*FEATURE_TABLE[:-1], FEATURE_TABLE[-1]._replace(type="int64"))
    with open_gold(tmp_path) as gold:
        gold.table("features")
        changed = GoldTables(gold.catalog, {"features": GoldTable(columns, "ts_event")})
        with pytest.raises(DataError, match="Expected double, was long"):
            changed.table("features")
