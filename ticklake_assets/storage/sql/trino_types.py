"""Answers of Trino's client as Arrow: its types by the names that come with an answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pyarrow as pa

_TYPES = {
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "smallint": pa.int16(),
    "tinyint": pa.int8(),
    "double": pa.float64(),
    "real": pa.float32(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamp with time zone": pa.timestamp("us", tz="UTC"),
    "varbinary": pa.binary(),
}
_DECIMAL = re.compile(r"decimal\((\d+), ?(\d+)\)")
_ROWS_AT_ONCE = 10_000


def arrow_type(name: str) -> pa.DataType:
    """
    >>> arrow_type("timestamp(6) with time zone")
    TimestampType(timestamp[us, tz=UTC])

    Text stays text, and so does what Arrow has no like of.
    """
    if match := _DECIMAL.fullmatch(name):
        return pa.decimal128(int(match[1]), int(match[2]))
    return _TYPES.get(re.sub(r"\(\d+\)", "", name), pa.string())


def record_batches(
    description: Sequence[Sequence[Any]], rows: Iterable[Sequence[Any]]
) -> pa.RecordBatchReader:
    """Rows of a cursor as they come; `description` is the cursor's: name and type of each column."""
    schema = pa.schema([(str(column[0]), arrow_type(str(column[1]))) for column in description])
    return pa.RecordBatchReader.from_batches(schema, _batches(schema, iter(rows)))


def _batches(schema: pa.Schema, rows: Iterator[Sequence[Any]]) -> Iterator[pa.RecordBatch]:
    while some := list(islice(rows, _ROWS_AT_ONCE)):
        columns = zip(*some, strict=True)
        yield pa.record_batch(
            [_array(values, field.type) for values, field in zip(columns, schema, strict=True)], schema=schema
        )


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_timestamp(kind) and kind.tz:
        values = [value.astimezone(UTC) if isinstance(value, datetime) else value for value in values]
    if pa.types.is_string(kind):
        values = [None if value is None else str(value) for value in values]
    return pa.array(values, kind)
