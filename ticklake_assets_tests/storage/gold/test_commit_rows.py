from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from ticklake_assets.core.errors import DataError
from ticklake_assets_tests.storage.gold.builders import MONDAY, RUN, make_bars, open_gold


def test_rows_outside_the_days_are_refused_and_nothing_is_committed(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        with pytest.raises(DataError, match=r"EURUSD\|2024-01-01 and 0 more"):
            gold.replace("bars", [MONDAY.shifted(1)], make_bars(MONDAY, 1), RUN)
        assert gold.snapshot_id("bars") is None


def test_missing_and_null_columns_are_refused(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold:
        with pytest.raises(DataError, match=r"lacking \['ask_open'\]"):
            gold.replace("bars", [MONDAY], make_bars(MONDAY, 1).drop_columns(["ask_open"]), RUN)
        rows = make_bars(MONDAY, 1)
        at = rows.schema.get_field_index("ask_open")
        with pytest.raises(DataError, match=r"Rows do not fit gold\.bars"):
            gold.replace(
                "bars", [MONDAY], rows.set_column(at, "ask_open", pa.array([None], pa.float64())), RUN
            )


def test_replacing_no_day_is_refused(tmp_path: Path) -> None:
    with open_gold(tmp_path) as gold, pytest.raises(DataError, match="Expected at least one symbol-day"):
        gold.replace("bars", [], make_bars(MONDAY, 0), RUN)
