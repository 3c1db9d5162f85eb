"""Clean Parquet rows as the numeric columns that the kernels take."""

from __future__ import annotations

import pyarrow as pa

from ticklake_assets.core.tables import Quotes


def quotes_of(rows: pa.Table) -> Quotes:
    """Quotes of one `clean/ticks` partition, in its order (`ts_event`, `source_row`)."""
    ts_us = rows["ts_event"].cast(pa.int64()).to_numpy()
    return Quotes(ts_us, *(rows[name].to_numpy() for name in ("bid", "ask", "bid_size", "ask_size")))
