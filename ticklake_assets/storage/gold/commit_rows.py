"""Which rows a commit may write: only those of the days it replaces, in the table's own columns and order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import reduce

import pyarrow as pa
from pyiceberg.expressions import (
    And,
    BooleanExpression,
    EqualTo,
    GreaterThanOrEqual,
    LessThanOrEqual,
    Or,
    Reference,
)
from pyiceberg.expressions.literals import literal
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.schema import Schema
from pyiceberg.table import Table

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.symbol_day import SymbolDay, contiguous_ranges


def days_filter(days: Sequence[SymbolDay]) -> BooleanExpression:
    """Rows of exactly these symbol-days."""
    ranges = contiguous_ranges(list(days), longest=len(days))
    return reduce(
        Or, (range_filter(each[0].symbol, each[0].trading_day, each[-1].trading_day) for each in ranges)
    )


def range_filter(symbol: str, first: date, last: date) -> BooleanExpression:
    """Rows of a symbol's days, both ends included."""
    day = Reference("trading_day")
    return And(
        EqualTo(term=Reference("symbol"), value=literal(symbol)),
        GreaterThanOrEqual(term=day, value=literal(first)),
        LessThanOrEqual(term=day, value=literal(last)),
    )


def with_nulls(rows: pa.Table, schema: Schema, columns: Iterable[str]) -> pa.Table:
    """Rows with these columns of a schema: those that the rows lack are null."""
    kinds = schema_to_pyarrow(schema, include_field_ids=False)
    for name in columns:
        if name not in rows.column_names:
            kind = kinds.field(name).type
            rows = rows.append_column(pa.field(name, kind), pa.nulls(rows.num_rows, kind))
    return rows


def rows_to_commit(target: Table, time: str, days: Sequence[SymbolDay], data: pa.Table) -> pa.Table:
    """Rows in the table's columns and types, sorted by symbol, day and time.

    Raises:
        DataError: other columns, values that do not fit, or rows outside `days`.
    """
    label = ".".join(target.name())
    if not days:
        raise DataError(f"Replacing nothing in {label}. Expected at least one symbol-day, was none")
    schema = schema_to_pyarrow(target.schema(), include_field_ids=False)
    lacking, unknown = set(schema.names) - set(data.column_names), set(data.column_names) - set(schema.names)
    if lacking or unknown:
        raise DataError(
            f"Columns do not fit {label}: lacking {sorted(lacking)}, unknown {sorted(unknown)}. "
            f"Expected {len(schema.names)} columns, was {len(data.column_names)}"
        )
    keys = data.select(["symbol", "trading_day"]).group_by(["symbol", "trading_day"]).aggregate([])
    found = {SymbolDay(row["symbol"], row["trading_day"]) for row in keys.to_pylist()}
    if outside := sorted(found - set(days)):
        raise DataError(
            f"Rows for {label} lie outside the days to replace: {outside[0]} and {len(outside) - 1} more. "
            f"Expected rows of {len(set(days))} days from {min(days)} on only, was {len(found)} days"
        )
    try:
        rows = data.select(schema.names).cast(schema)
    except (pa.ArrowInvalid, ValueError) as error:
        raise DataError(f"Rows do not fit {label}: {error}. Expected the table's types") from error
    return rows.sort_by([("symbol", "ascending"), ("trading_day", "ascending"), (time, "ascending")])
