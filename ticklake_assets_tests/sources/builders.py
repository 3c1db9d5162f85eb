"""Small tick tables and hours for the tests of this folder."""

from __future__ import annotations

import lzma
import struct
from collections.abc import Sequence
from datetime import date, timedelta

import pyarrow as pa

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.source import TICK_SCHEMA
from ticklake_assets.sources.symbol_hour import SymbolHour

MONDAY = date(2012, 12, 3)

Record = tuple[int, int, int, float, float]
"""ms since the hour's start, ask and bid in points, ask and bid size in millions."""


def make_bi5(*records: Record) -> bytes:
    raw = b"".join(struct.pack(">IIIff", *record) for record in records)
    return lzma.compress(raw, format=lzma.FORMAT_ALONE) if records else b""


def make_hour(hour: int = 0, day: date = MONDAY, symbol: str = "GBPJPY") -> SymbolHour:
    return SymbolHour(SymbolDay(symbol, day), hour)


def make_ticks(
    ts_us: Sequence[int | None],
    bid: Sequence[float | None],
    ask: Sequence[float | None],
    bid_size: Sequence[float | None] | None = None,
    ask_size: Sequence[float | None] | None = None,
) -> pa.Table:
    sizes = [[1.0] * len(ts_us) if size is None else list(size) for size in (bid_size, ask_size)]
    times = pa.array(list(ts_us), pa.int64()).cast(TICK_SCHEMA.field("ts_event").type)
    return pa.table(
        [times, *(pa.array(list(c), pa.float64()) for c in (bid, ask, *sizes))], schema=TICK_SCHEMA
    )


def days_from(first: date, count: int) -> list[date]:
    return [first + timedelta(days=offset) for offset in range(count)]


Row = tuple[int | None, float | None, float | None, float | None, float | None]


def rows_of(table: pa.Table) -> list[Row]:
    """Rows as (epoch microseconds, bid, ask, bid_size, ask_size)."""
    columns = [table["ts_event"].cast(pa.int64()), *(table[name] for name in TICK_SCHEMA.names[1:])]
    return list(zip(*(column.to_pylist() for column in columns), strict=True))
