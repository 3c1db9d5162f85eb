"""Numpy columns of one symbol-day <-> rows of the gold tables, bit for bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyiceberg.io.pyarrow import schema_to_pyarrow

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.features import FEATURES
from ticklake_assets.core.labels import DayLabels
from ticklake_assets.core.schemas import CONTEXT, PARTITION, names
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import DayFeatures, Events, Floats, Ints, OrderOutcomes
from ticklake_assets.storage.gold.schema import GOLD, iceberg_schema

_KEYS = ("symbol", "trading_day", "ts_event")


def bar_rows(day: SymbolDay, bars: Mapping[str, NDArray[Any]]) -> pa.Table:
    """Rows of `gold.bars` from the columns of `core.bars.minute_bars`."""
    return _rows("bars", day, bars)


def feature_rows(day: SymbolDay, made: DayFeatures) -> pa.Table:
    """Rows of `gold.features` from one day's kernel output."""
    context = dict(zip(names(CONTEXT), made.context.T, strict=True))
    features = dict(zip(names(FEATURES), made.features.T, strict=True))
    return _rows("features", day, {"ts_event": made.ts_us, **context, **features})


def label_rows(
    day: SymbolDay, ts_us: Ints, made: DayLabels, added: Mapping[str, NDArray[Any]] = MappingProxyType({})
) -> pa.Table:
    """Rows of `gold.labels`: one label an event of `ts_us`; `added` are the columns of added labels."""
    sides = {
        f"{side}_{field}": values
        for side, orders in (("long", made.long), ("short", made.short))
        for field, values in orders._asdict().items()
    }
    single: dict[str, NDArray[Any]] = {
        "ts_event": ts_us,
        "width": made.width,
        "horizon_us": made.horizon_us,
        "outcome": made.outcome,
        "known_at": made.known_at_us,
    }
    return _rows("labels", day, {**single, **sides, **added})


def day_features(rows: pa.Table) -> DayFeatures:
    """The kernel's output from rows of `gold.features`, in their order: `feature_rows` undone."""
    return DayFeatures(_ints(rows, "ts_event"), _matrix(rows, names(CONTEXT)), _matrix(rows, names(FEATURES)))


def events(features: pa.Table, labels: pa.Table, feature_names: Sequence[str]) -> Events:
    """Join features and labels, which must list the same events in the same order.

    Raises:
        DataError: other lengths, other keys, times out of order, or a feature that is null (rows from
            before the feature existed).
    """
    if features.num_rows != labels.num_rows:
        raise DataError(
            f"Features and labels do not match. Expected {features.num_rows} labels, was {labels.num_rows}"
        )
    for key in _KEYS:
        if not features[key].combine_chunks().equals(labels[key].combine_chunks()):
            raise DataError(
                f"Features and labels differ in {key!r}. Expected the same events in the same order"
            )
    ts_us = _ints(features, "ts_event")
    if (np.diff(ts_us) <= 0).any():
        at = int(np.argmax(np.diff(ts_us) <= 0)) + 1
        raise DataError(
            f"Events are not in time order at row {at}. "
            f"Expected a time after {ts_us[at - 1]}, was {ts_us[at]}"
        )
    return Events(
        day=features["trading_day"].cast(pa.int32()).to_numpy().astype(np.int64),
        ts_us=ts_us,
        bid=_floats(features, "bid"),
        ask=_floats(features, "ask"),
        features=_matrix(features, feature_names),
        width=_floats(labels, "width"),
        horizon_us=_ints(labels, "horizon_us"),
        long=_outcomes(labels, "long"),
        short=_outcomes(labels, "short"),
        outcome=_ints(labels, "outcome").astype(np.int8),
        known_at_us=_ints(labels, "known_at"),
    )


def _rows(table: str, day: SymbolDay, columns: Mapping[str, NDArray[Any]]) -> pa.Table:
    schema = schema_to_pyarrow(iceberg_schema(GOLD[table].columns), include_field_ids=False)
    expected = set(schema.names) - set(names(PARTITION))
    if set(columns) != expected:
        raise DataError(
            f"Columns of gold.{table} for {day}: differing {sorted(set(columns) ^ expected)}. "
            f"Expected {len(expected)} columns, was {len(columns)}"
        )
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1:
        raise DataError(
            f"Columns of gold.{table} for {day} differ in length. Expected one length, was {sorted(lengths)}"
        )
    rows = lengths.pop()
    constant = {"symbol": pa.repeat(pa.scalar(day.symbol, schema.field("symbol").type), rows)}
    constant["trading_day"] = pa.repeat(pa.scalar(day.trading_day, pa.date32()), rows)
    arrays = [
        constant[field.name] if field.name in constant else _array(columns[field.name], field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _array(values: NDArray[Any], kind: pa.DataType) -> pa.Array:
    """NaN stays NaN: it is a value here, never a null."""
    return pa.array(np.ascontiguousarray(values)).cast(kind)


def _outcomes(labels: pa.Table, side: str) -> OrderOutcomes:
    return OrderOutcomes(
        outcome=_ints(labels, f"{side}_outcome").astype(np.int8),
        entry_us=_ints(labels, f"{side}_entry_us"),
        entry=_floats(labels, f"{side}_entry"),
        exit_us=_ints(labels, f"{side}_exit_us"),
        exit=_floats(labels, f"{side}_exit"),
        net=_floats(labels, f"{side}_net"),
    )


def _matrix(rows: pa.Table, columns: Sequence[str]) -> Floats:
    matrix = np.empty((rows.num_rows, len(columns)))
    for at, column in enumerate(columns):
        matrix[:, at] = _floats(rows, column)
    return matrix


def _floats(rows: pa.Table, column: str) -> Floats:
    return np.asarray(_present(rows, column).to_numpy(), dtype=np.float64)


def _ints(rows: pa.Table, column: str) -> Ints:
    return np.asarray(_present(rows, column).cast(pa.int64()).to_numpy(), dtype=np.int64)


def _present(rows: pa.Table, column: str) -> pa.ChunkedArray:
    values = rows[column]
    if values.null_count:
        raise DataError(
            f"Column {column!r} is null in {values.null_count} of {len(values)} rows: gold from before the "
            "column existed. Expected no null; re-make those days with `ticklake backfill SYMBOL FROM TO`"
        )
    return values
