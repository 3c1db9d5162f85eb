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


def missing_columns(table: Table, columns: tuple[Column, ...]) -> list[Column]:
    """Columns that the table has yet to gain.

    Raises:
        DataError: the table holds a column that is gone or has another type: old rows would lose meaning.
    """
    found = {field.name: field.field_type for field in table.schema().fields}
    wanted = {column.name: column for column in columns}
    label = ".".join(table.name())
    for name, kind in found.items():
        if name not in wanted:
            raise DataError(
                f"Iceberg table {label} has the column {name!r}, which the code no longer makes. "
                f"Expected columns to be added only, was a removal; keep the column or start a new table"
            )
        if kind != _TYPES[wanted[name].type]:
            raise DataError(
                f"Column {name!r} of Iceberg table {label} cannot change its type. "
                f"Expected {kind}, was {_TYPES[wanted[name].type]}; give the new column a new name"
            )
    return [column for column in columns if column.name not in found]


def add_columns(table: Table, columns: list[Column]) -> None:
    """Add them as optional: rows from before read as null."""
    with table.update_schema() as update:
        for column in columns:
            update.add_column(column.name, _TYPES[column.type], doc=column.doc, required=False)
