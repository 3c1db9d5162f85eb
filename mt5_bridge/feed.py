"""A canonical raw CSV of one day as the ticks of a stream, in time order."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from mt5_bridge.contract import Tick
from mt5_bridge.errors import FeedError

HEADER = ["ts_event", "bid", "ask", "bid_size", "ask_size"]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class _Row(NamedTuple):
    ts_us: int | None
    values: tuple[float | None, ...]


def read_ticks(path: Path) -> list[Tick]:
    """Read a day's ticks sorted by (`ts_event`, row), numbered from 1.

    Rows without a time, which belong nowhere, come last. Nothing is cleaned: that is the endpoint's part.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader, None)
        if header != HEADER:
            raise FeedError(f"{path}: Expected the header {','.join(HEADER)}, was {header}")
        rows = [_read_row(path, number, cells) for number, cells in enumerate(reader, start=1)]
    rows.sort(key=lambda row: (row.ts_us is None, row.ts_us))
    return [Tick(seq, row.ts_us, *row.values) for seq, row in enumerate(rows, start=1)]


def _read_row(path: Path, number: int, cells: list[str]) -> _Row:
    if len(cells) != len(HEADER):
        raise FeedError(f"{path}, row {number}: Expected {len(HEADER)} fields, was {len(cells)}")
    try:
        ts_us = _microseconds(cells[0]) if cells[0] else None
    except ValueError:
        raise FeedError(
            f"{path}, row {number}, column ts_event: Expected a UTC time like 2012-12-03T00:00:01.883Z, "
            f"was {cells[0]!r}"
        ) from None
    values = [_price(path, number, name, cell) for name, cell in zip(HEADER[1:], cells[1:], strict=True)]
    return _Row(ts_us, tuple(values))


def _price(path: Path, number: int, column: str, cell: str) -> float | None:
    try:
        return float(cell) if cell else None
    except ValueError:
        raise FeedError(f"{path}, row {number}, column {column}: Expected a number, was {cell!r}") from None


def _microseconds(text: str) -> int:
    if not text.endswith("Z"):
        raise ValueError(text)
    return (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND
