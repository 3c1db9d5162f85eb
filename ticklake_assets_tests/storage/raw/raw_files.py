"""Builders of raw CSV files."""

from __future__ import annotations

from datetime import date

from ticklake_assets.core.schemas import CSV_HEADER
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.partitions.csv_ingest import Ingested, ingest

DAY = SymbolDay("EURUSD", date(2024, 1, 15))


def make_raw(rows: int = 3, day: SymbolDay = DAY, price: float = 1.1, header: str = CSV_HEADER) -> bytes:
    """A well-formed day: one quote a second from midnight, bids rising by a point."""
    lines = [header]
    for number in range(rows):
        clock = f"{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.{number % 1000:03}"
        bid = price + number * 1e-5
        lines.append(f"{day.trading_day}T{clock}Z,{bid:.5f},{bid + 1e-4:.5f},1.5,{number % 7 + 0.25}")
    return "".join(f"{line}\n" for line in lines).encode()


def typed(data: bytes, key: str = "raw/a") -> Ingested:
    """The rows of a file of `DAY`, its lines counted as plainly as can be."""
    return ingest(data, DAY, key, len(data.removesuffix(b"\n").split(b"\n")) - 1)
