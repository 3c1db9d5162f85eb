"""Compare tables of cleaned rows bit by bit."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa

from ticklake_assets.core.schemas import PARTITION, names

DAY = names(PARTITION)


def assert_same_rows(actual: pa.Table, expected: pl.DataFrame) -> None:
    """Expect the same columns, the same rows whatever their order, and the same float64 bits (NaN is NaN)."""
    found = pl.DataFrame(actual).sort(*DAY, "source_row")
    wanted = expected.sort(*DAY, "source_row")
    assert found.columns == wanted.columns
    assert found.select(*DAY, "source_row").equals(wanted.select(*DAY, "source_row"))
    for name in wanted.columns:
        assert found[name].dtype == wanted[name].dtype, name
        assert bits(found[name]).equals(bits(wanted[name]), null_equal=True), name


def bits(column: pl.Series) -> pl.Series:
    """A float column as its bit patterns, so that -0.0 is not 0.0; others as they are."""
    if column.dtype != pl.Float64:
        return column
    values = column.fill_nan(float("nan")).fill_null(0.0).to_numpy().view(np.int64)
    return pl.select(pl.when(column.is_not_null()).then(pl.Series(values))).to_series()
