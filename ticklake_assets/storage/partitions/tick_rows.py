"""Rows of tick partitions as what the kernels and the live cleaner take."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from ticklake_assets.core.live_cleaner import RawTick
from ticklake_assets.core.tables import Quotes

_PRICES_AND_SIZES = ("bid", "ask", "bid_size", "ask_size")


def quotes_of(rows: pa.Table) -> Quotes:
    """Quotes of one `clean/ticks` partition, in its order (`ts_event`, `source_row`)."""
    ts_us = rows["ts_event"].cast(pa.int64()).to_numpy()
    return Quotes(ts_us, *(rows[name].to_numpy() for name in _PRICES_AND_SIZES))


def in_time_order(rows: pa.Table) -> Iterator[RawTick]:
    """Rows of one `parquet/ticks` partition as a live feed in time order would bring them; None is missing."""
    ordered = rows.sort_by([("ts_event", "ascending"), ("source_row", "ascending")])
    columns = [ordered["ts_event"].cast(pa.int64()), *(ordered[name] for name in _PRICES_AND_SIZES)]
    return zip(*(column.to_pylist() for column in columns), strict=True)
