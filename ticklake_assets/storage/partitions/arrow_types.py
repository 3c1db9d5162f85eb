"""Arrow schemas of the tables named in `core.schemas`."""

from __future__ import annotations

import pyarrow as pa

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.schemas import Column

_TYPES: dict[str, pa.DataType] = {
    "int64": pa.int64(),
    "int32": pa.int32(),
    "int8": pa.int8(),
    "float64": pa.float64(),
    "float32": pa.float32(),
    "bool": pa.bool_(),
    "string": pa.string(),
    "date": pa.date32(),
    "timestamp_us": pa.timestamp("us", tz="UTC"),
}


def arrow_schema(columns: tuple[Column, ...]) -> pa.Schema:
    """Names, types, nullability and order as in `columns`; the column's doc travels as field metadata."""
    return pa.schema(
        [pa.field(c.name, _TYPES[c.type], nullable=c.nullable, metadata={"doc": c.doc}) for c in columns]
    )


def conformed(table: pa.Table, columns: tuple[Column, ...], where: str) -> pa.Table:
    """Bring a table that another engine wrote to the schema of `columns`; `where` is named in the error."""
    schema = arrow_schema(columns)
    absent = [name for name in schema.names if name not in table.column_names]
    if absent:
        raise DataError(f"{where} lacks {absent}. Expected {schema.names}, was {table.column_names}")
    try:
        return table.select(schema.names).cast(schema)
    except (pa.ArrowInvalid, ValueError) as error:
        raise DataError(f"{where}: {error}. Expected {schema.types}, was {table.schema.types}") from error
