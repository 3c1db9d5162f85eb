"""Dukascopy's binary hour: LZMA around 20-byte big-endian records. Pure: bytes to table."""

from __future__ import annotations

import lzma

import numpy as np
import pyarrow as pa

from ticklake_assets.core.errors import SourceError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.tables import Ints
from ticklake_assets.sources.bounds import MOST_HOUR_BYTES
from ticklake_assets.sources.source import TICK_SCHEMA, empty_day
from ticklake_assets.sources.symbol_hour import SymbolHour

_RECORD = np.dtype([("ms", ">u4"), ("ask", ">u4"), ("bid", ">u4"), ("ask_size", ">f4"), ("bid_size", ">f4")])
_MS_PER_HOUR = 3_600_000


def decode_bi5(data: bytes, hour: SymbolHour, where: str) -> pa.Table:
    """Decode an hour; zero bytes are an hour without ticks.

    Prices are integers divided by the instrument's decimal factor. Sizes are the shortest decimal that is the
    recorded float32, so that 1.13 stays 1.13. Raises SourceError naming `where`.
    """
    if not data:
        return empty_day()
    raw = _decompress(data, where)
    if len(raw) % _RECORD.itemsize:
        raise SourceError(
            f"{where}: Expected whole records of {_RECORD.itemsize} bytes, was {len(raw)} bytes"
        )
    records = np.frombuffer(raw, dtype=_RECORD)
    offset_ms = records["ms"].astype(np.int64)
    check_offsets(offset_ms, where)
    factor = instrument_of(hour.day.symbol).decimal_factor
    return pa.table(
        {
            "ts_event": pa.array(hour.start_us + offset_ms * 1_000).cast(TICK_SCHEMA.field("ts_event").type),
            "bid": records["bid"] / factor,
            "ask": records["ask"] / factor,
            "bid_size": _shortest(records["bid_size"]),
            "ask_size": _shortest(records["ask_size"]),
        },
        schema=TICK_SCHEMA,
    )


def check_offsets(offset_ms: Ints, where: str) -> None:
    """Refuse milliseconds that are not inside the hour, naming the first such record."""
    outside = np.flatnonzero((offset_ms < 0) | (offset_ms >= _MS_PER_HOUR))
    if len(outside):
        at = int(outside[0])
        raise SourceError(
            f"{where}: record {at + 1} is outside its hour. "
            f"Expected 0 to {_MS_PER_HOUR - 1} ms after the hour's start, was {int(offset_ms[at])}"
        )


def _decompress(data: bytes, where: str) -> bytes:
    decompressor = lzma.LZMADecompressor()
    try:
        raw = decompressor.decompress(data, MOST_HOUR_BYTES + 1)
    except lzma.LZMAError as error:
        raise SourceError(f"{where}: Expected LZMA data, was not ({error})") from None
    if len(raw) > MOST_HOUR_BYTES:
        raise SourceError(
            f"{where}: Expected an hour of at most {MOST_HOUR_BYTES >> 20} MiB, was more behind {len(data):,} bytes"
        )
    if not decompressor.eof:
        raise SourceError(f"{where}: truncated. Expected a complete LZMA stream, was cut at byte {len(data)}")
    if decompressor.unused_data:
        extra = len(decompressor.unused_data)
        raise SourceError(f"{where}: Expected one LZMA stream, was {extra} bytes more behind it")
    return raw


def _shortest(sizes: np.ndarray[tuple[int], np.dtype[np.float32]]) -> pa.Array:
    return pa.array(sizes.astype(np.float32)).cast(pa.string()).cast(pa.float64())
