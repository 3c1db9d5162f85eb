"""Dukascopy's JSON hour: columns of differences. Pure: bytes to table."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn, TypeGuard

import numpy as np
import pyarrow as pa

from ticklake_assets.core.errors import SourceError
from ticklake_assets.core.tables import Floats, Ints
from ticklake_assets.sources.bi5 import check_offsets
from ticklake_assets.sources.bounds import MOST_HOUR_BYTES
from ticklake_assets.sources.source import TICK_SCHEMA, empty_day
from ticklake_assets.sources.symbol_hour import SymbolHour

_COLUMNS = ("times", "asks", "bids", "askVolumes", "bidVolumes")
_UNITS_PER_MILLION = 1e6
_LARGEST = 1e12
"""Above any price, size or step: what is larger overflows sooner or later."""
_SMALLEST_MULTIPLIER = 1e-9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def decode_json(data: bytes, hour: SymbolHour, where: str) -> pa.Table:
    """Decode an hour; empty columns are an hour without ticks.

    `t_i = timestamp + sum(times[0..i])`, prices likewise in multiples of `multiplier`; volumes are units.
    Raises SourceError naming `where`.
    """
    if len(data) > MOST_HOUR_BYTES:
        raise SourceError(
            f"{where}: Expected an hour of at most {MOST_HOUR_BYTES >> 20} MiB, was {len(data):,} bytes"
        )
    fields = _parse(data, where)
    columns = [fields.get(name) for name in _COLUMNS]
    if not all(isinstance(column, list) for column in columns):
        missing = [
            name for name, column in zip(_COLUMNS, columns, strict=True) if not isinstance(column, list)
        ]
        raise SourceError(
            f"{where}: Expected the columns {', '.join(_COLUMNS)}, was without {', '.join(missing)}"
        )
    lengths = {name: len(fields[name]) for name in _COLUMNS}
    if len(set(lengths.values())) != 1:
        raise SourceError(f"{where}: Expected columns of one length, was {lengths}")
    if fields.get("timestamp") is not None or lengths["times"]:
        _check_hour(fields.get("timestamp"), hour, where)
    if not lengths["times"]:
        return empty_day()
    return _table(fields, hour, where)


def _table(fields: dict[str, Any], hour: SymbolHour, where: str) -> pa.Table:
    offset_ms = np.cumsum(_integers(fields, "times", where))
    check_offsets(offset_ms, where)
    factor = _decimal_factor(fields, where)
    bid, ask = (
        (np.rint(_number(fields, name, where) * factor) + np.cumsum(_integers(fields, f"{name}s", where)))
        / factor
        for name in ("bid", "ask")
    )
    return pa.table(
        {
            "ts_event": pa.array(hour.start_us + offset_ms * 1_000).cast(TICK_SCHEMA.field("ts_event").type),
            "bid": bid,
            "ask": ask,
            "bid_size": _floats(fields, "bidVolumes", where) / _UNITS_PER_MILLION,
            "ask_size": _floats(fields, "askVolumes", where) / _UNITS_PER_MILLION,
        },
        schema=TICK_SCHEMA,
    )


def _parse(data: bytes, where: str) -> dict[str, Any]:
    def refuse(constant: str) -> NoReturn:
        raise SourceError(f"{where}: Expected finite numbers, was {constant}")

    try:
        fields = json.loads(data, parse_constant=refuse)
    except (ValueError, RecursionError) as error:  # brackets in brackets in brackets
        raise SourceError(f"{where}: Expected a JSON object, was not JSON ({error})") from None
    if not isinstance(fields, dict):
        raise SourceError(f"{where}: Expected a JSON object, was a {type(fields).__name__}")
    return fields


def _check_hour(timestamp: object, hour: SymbolHour, where: str) -> None:
    if timestamp == hour.start_us // 1_000:
        return
    was = repr(timestamp)
    if isinstance(timestamp, int):
        with suppress(OverflowError):  # of no year that has a calendar
            was = (_EPOCH + timedelta(milliseconds=timestamp)).isoformat()
    raise SourceError(f"{where}: holds another hour. Expected {hour}, was {was}")


def _decimal_factor(fields: dict[str, Any], where: str) -> int:
    """Turn the multiplier into its inverse: n / 100000 is the nearest double, n * 1e-5 often is not."""
    multiplier = _number(fields, "multiplier", where)
    factor = round(1 / multiplier) if multiplier >= _SMALLEST_MULTIPLIER else 0
    if factor < 1 or abs(factor * multiplier - 1) > 1e-9:
        raise SourceError(f"{where}: Expected a multiplier like 1e-5, was {multiplier}")
    return factor


def _number(fields: dict[str, Any], name: str, where: str) -> float:
    value = fields.get(name)
    if not _is_number(value):
        raise SourceError(f"{where}: Expected a number as {name}, was {_shown(value)}")
    return float(value)


def _integers(fields: dict[str, Any], name: str, where: str) -> Ints:
    values = _floats(fields, name, where)
    whole = values.astype(np.int64)
    if (whole != values).any():
        at = int(np.flatnonzero(whole != values)[0])
        raise SourceError(f"{where}: Expected whole numbers in {name}, was {fields[name][at]!r} at {at + 1}")
    return whole


def _floats(fields: dict[str, Any], name: str, where: str) -> Floats:
    values = fields[name]
    for at, value in enumerate(values, start=1):
        if not _is_number(value):
            raise SourceError(f"{where}: Expected numbers in {name}, was {_shown(value)} at {at}")
    return np.array(values, dtype=np.float64)


def _is_number(value: object) -> TypeGuard[int | float]:
    """Whether it is one that fits: JSON has no infinity, but 1e999 is read as one."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST


def _shown(value: object) -> str:
    return f"{value!r:.40}"
