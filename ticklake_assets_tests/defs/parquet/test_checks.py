from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from ticklake_assets.defs.parquet.checks import SUITE, in_numbers
from ticklake_assets.resources.expectations import Expectations
from ticklake_assets_tests.storage.raw.raw_files import make_raw, typed


@pytest.fixture(scope="module")
def expectations() -> Expectations:
    return Expectations()


def broken(expectations: Expectations, table: pa.Table, lines: int) -> list[str]:
    findings = expectations.test(SUITE, in_numbers(table, lines))
    return [finding.name for finding in findings if not finding.passed]


def timeless(table: pa.Table, rows: int) -> pa.Table:
    times = table["ts_event"].to_pylist()
    return table.set_column(
        1, table.schema.field(1), pa.array([None] * rows + times[rows:], table.schema.types[1])
    )


@pytest.mark.parametrize("rows", [0, 1, 9])
def test_a_typed_day_meets_the_suite(expectations: Expectations, rows: int) -> None:
    assert broken(expectations, typed(make_raw(rows)).table, rows) == []


def test_each_fault_is_found_by_its_expectation(expectations: Expectations) -> None:
    table = typed(make_raw(9)).table
    faults = {
        "columns_are_the_schema": table.select(table.column_names[::-1]),
        "every_line_is_a_row": table.slice(0, 8),
        "most_rows_have_a_time": timeless(table, 5),
        "source_rows_are_the_lines": table.take(np.array([0, 1, 2, 3, 5, 4, 6, 7, 8])),
    }
    found = {name: broken(expectations, spoilt, 9) for name, spoilt in faults.items()}
    lost = found.pop("every_line_is_a_row")
    assert lost == ["every_line_is_a_row", "source_rows_are_the_lines"]
    assert found == {name: [name] for name in found}
    assert broken(expectations, timeless(table, 4), 9) == []
