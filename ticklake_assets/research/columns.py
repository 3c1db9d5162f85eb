"""Columns of a user's table as the numbers that the simulator takes; what is wrong is named with its row."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.tables import Floats, Ints

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def times_us(rows: pa.Table, what: str, name: str = "ts_event") -> Ints:
    """A column of times, epoch microseconds."""
    values = _present(rows, name, what)
    if not pa.types.is_timestamp(values.type) or values.type.tz is None:
        raise DataError(f"{what}, column {name}. Expected timestamps with a zone, was {values.type}")
    return _whole(values, pa.timestamp("us", tz="UTC"), name, what)


def column(rows: pa.Table, name: str, what: str) -> Floats:
    """A column of finite numbers."""
    values = _present(rows, name, what)
    if not (pa.types.is_floating(values.type) or pa.types.is_integer(values.type)):
        raise DataError(f"{what}, column {name}. Expected numbers, was {values.type}")
    found = np.asarray(values.to_numpy(), dtype=np.float64)
    if (strange := np.flatnonzero(~np.isfinite(found))).size:
        raise DataError(
            f"{what}, row {strange[0] + 1}, column {name}. Expected a number, was {found[strange[0]]}"
        )
    return found


def micros(rows: pa.Table, name: str, what: str) -> Ints:
    """A column of spans: int64 microseconds, or a duration."""
    values = _present(rows, name, what)
    if pa.types.is_duration(values.type):
        return _whole(values, pa.duration("us"), name, what)
    if not pa.types.is_integer(values.type):
        raise DataError(
            f"{what}, column {name}. Expected microseconds as integers, or durations, was {values.type}"
        )
    return np.asarray(values.cast(pa.int64()).to_numpy())


def _whole(values: pa.ChunkedArray, unit: pa.DataType, name: str, what: str) -> Ints:
    try:
        return np.asarray(values.cast(unit).cast(pa.int64()).to_numpy())
    except pa.ArrowInvalid as error:
        raise DataError(f"{what}, column {name}. Expected whole microseconds, was finer: {error}") from error


def day_of(ts_us: int) -> date:
    return (_EPOCH + timedelta(microseconds=ts_us)).date()


def _present(rows: pa.Table, name: str, what: str) -> pa.ChunkedArray:
    if name not in rows.column_names:
        raise DataError(f"{what}. Expected a column {name}, was {', '.join(rows.column_names) or 'none'}")
    values = rows[name]
    if values.null_count:
        at = values.is_null().to_pylist().index(True)
        raise DataError(f"{what}, row {at + 1}, column {name}. Expected a value, was none")
    return values
