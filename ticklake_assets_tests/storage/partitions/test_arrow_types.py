from __future__ import annotations

import pyarrow as pa
import pytest

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.schemas import BARS, CLEAN, LABELS, QUARANTINE, TICKS, Column, names
from ticklake_assets.storage.partitions.arrow_types import arrow_schema, conformed


@pytest.mark.parametrize("columns", [TICKS, CLEAN, QUARANTINE, BARS, LABELS])
def test_every_table_has_an_arrow_schema(columns: tuple[Column, ...]) -> None:
    schema = arrow_schema(columns)
    assert schema.names == names(columns)
    assert [field.nullable for field in schema] == [column.nullable for column in columns]
    assert schema.field(0).metadata == {b"doc": columns[0].doc.encode()}


def test_times_are_utc_microseconds() -> None:
    assert arrow_schema(TICKS).field("ts_event").type == pa.timestamp("us", tz="UTC")


def test_another_engines_table_is_reordered_and_made_strict() -> None:
    columns = (Column("a", "int64", ""), Column("b", "float64", "", nullable=True))
    loose = pa.table({"extra": ["x"], "b": pa.array([None], pa.float64()), "a": pa.array([1], pa.int32())})
    assert conformed(loose, columns, "x").schema == arrow_schema(columns)


def test_what_does_not_fit_is_named() -> None:
    columns = (Column("a", "int64", ""),)
    with pytest.raises(DataError, match=r"here lacks \['a'\]"):
        conformed(pa.table({"b": [1]}), columns, "here")
    with pytest.raises(DataError, match="here"):
        conformed(pa.table({"a": ["word"]}), columns, "here")
    with pytest.raises(DataError, match="here"):
        conformed(pa.table({"a": pa.array([None], pa.int64())}), columns, "here")
