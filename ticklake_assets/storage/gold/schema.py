"""Iceberg schemas of the gold tables, derived from `core`, and how an existing table follows a new one."""

from __future__ import annotations

from typing import NamedTuple

from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.table.sorting import SortField, SortOrder
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import (
    BooleanType,
    DateType,
    DoubleType,
    FloatType,
    IntegerType,
    LongType,
    NestedField,
    PrimitiveType,
    StringType,
    TimestamptzType,
)

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.features import FEATURE_TABLE
from ticklake_assets.core.label_table import LABEL_TABLE
from ticklake_assets.core.schemas import BARS, PARTITION, Column, names

NAMESPACE = "gold"
_TYPES: dict[str, PrimitiveType] = {
    "int64": LongType(),
    "int32": IntegerType(),
    "int8": IntegerType(),  # Iceberg's smallest integer has 32 bits
    "float64": DoubleType(),
    "float32": FloatType(),
    "bool": BooleanType(),
    "string": StringType(),
    "date": DateType(),
    "timestamp_us": TimestamptzType(),
}
_KEYS = (*names(PARTITION), "ts_event", "bar_end", "known_at")


class GoldTable(NamedTuple):
    """What a gold table holds and by which column its partitions are sorted."""

    columns: tuple[Column, ...]
    time: str


GOLD: dict[str, GoldTable] = {
    "bars": GoldTable(BARS, "bar_end"),
    "features": GoldTable(FEATURE_TABLE, "ts_event"),
    "labels": GoldTable(LABEL_TABLE, "ts_event"),
}


def iceberg_schema(columns: tuple[Column, ...]) -> Schema:
    return Schema(
        *(
            NestedField(
                number, column.name, _TYPES[column.type], doc=column.doc, required=not column.nullable
            )
            for number, column in enumerate(columns, start=1)
        )
    )


def partition_spec(schema: Schema) -> PartitionSpec:
    """Identity on symbol and day: replacing a partition drops whole files, in one commit."""
    return PartitionSpec(
        *(
            PartitionField(
                schema.find_field(column.name).field_id, 1000 + position, IdentityTransform(), column.name
            )
            for position, column in enumerate(PARTITION)
        )
    )


def sort_order(schema: Schema, time: str) -> SortOrder:
    return SortOrder(SortField(source_id=schema.find_field(time).field_id, transform=IdentityTransform()))


def table_properties(columns: tuple[Column, ...]) -> dict[str, str]:
    """Bounds are kept for the keys alone: bounds of 40 features are what makes small commits slow."""
    return {
        "format-version": "2",
        "write.parquet.compression-codec": "zstd",
        "write.metadata.metrics.default": "counts",
        **{
            f"write.metadata.metrics.column.{column.name}": "full"
            for column in columns
            if column.name in _KEYS
        },
        "write.metadata.delete-after-commit.enabled": "true",
        "write.metadata.previous-versions-max": "20",
        # Writers of other days are expected: the default of 4 attempts loses to 8 writers at once.
        "commit.retry.num-retries": "30",
        "commit.retry.min-wait-ms": "20",
        "commit.retry.max-wait-ms": "1000",
    }


def require_types(table: Table, columns: tuple[Column, ...]) -> None:
    """Raise DataError where a column of the table has another type than the code's: old rows would lose meaning."""
    found = {field.name: field.field_type for field in table.schema().fields}
    for column in columns:
        kind = found.get(column.name, _TYPES[column.type])
        if kind != _TYPES[column.type]:
            raise DataError(
                f"Column {column.name!r} of Iceberg table {_label(table)} cannot change its type. "
                f"Expected {kind}, was {_TYPES[column.type]}; give the new column a new name"
            )


def missing_columns(table: Table, columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Columns that the table has yet to gain."""
    found = {field.name for field in table.schema().fields}
    return tuple(column for column in columns if column.name not in found)


def unknown_columns(table: Table, columns: tuple[Column, ...]) -> list[str]:
    """Columns of other code, which this code's rows leave null.

    Raises:
        DataError: one of them has to have a value.
    """
    known = names(columns)
    unknown = [field for field in table.schema().fields if field.name not in known]
    if required := [field.name for field in unknown if field.required]:
        raise DataError(
            f"Iceberg table {_label(table)} requires {required}, which the code no longer makes. Expected the columns "
            "that code may lack to be optional: keep them in the code, or make them optional in the table"
        )
    return [field.name for field in unknown]


def add_columns(table: Table, columns: tuple[Column, ...]) -> None:
    """Add them as optional: rows from before read as null."""
    with table.update_schema() as update:
        for column in columns:
            update.add_column(column.name, _TYPES[column.type], doc=column.doc, required=False)


def _label(table: Table) -> str:
    return ".".join(table.name())
