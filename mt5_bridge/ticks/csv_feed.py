"""A canonical raw CSV of one day as the ticks of a stream, in time order."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from mt5_bridge.errors import FeedError
from mt5_bridge.moments import date_of, us_of
from mt5_bridge.wire.contract import Tick

HEADER = ["ts_event", "bid", "ask", "bid_size", "ask_size"]


class _Row(NamedTuple):
    ts_us: int | None
    values: tuple[float | None, ...]


def read_ticks(path: Path) -> list[Tick]:
    """Read a day's ticks sorted by (`ts_event`, row), numbered from 1.

    Rows without a time, which belong nowhere, come last. Nothing is cleaned: that is the endpoint's part.
    """
    reader = csv.reader(io.StringIO(_text(path), newline=""), quoting=csv.QUOTE_NONE)
    try:
        header = next(reader, None)
        if header != HEADER:
            raise FeedError(f"{path}: Expected the header {','.join(HEADER)}, was {header}")
        rows = [_read_row(path, number, cells) for number, cells in enumerate(reader, start=1)]
    except csv.Error as error:
        raise FeedError(
            f"{path}, row {reader.line_num - 1}: Expected {len(HEADER)} short fields ({error})"
        ) from error
    rows.sort(key=lambda row: (row.ts_us is None, row.ts_us))
    return [Tick(seq, row.ts_us, *row.values) for seq, row in enumerate(rows, start=1)]


def read_day(path: Path, trading_day: date) -> list[Tick]:
    """Read the ticks of a file that is this day's; as in the lake, that is one with at least half its rows."""
    ticks = read_ticks(path)
    strange = [tick.ts_us for tick in ticks if tick.ts_us is not None and date_of(tick.ts_us) != trading_day]
    if 2 * len(strange) > len(ticks):
        raise FeedError(
            f"{path} holds another day's rows. Expected {len(ticks)} rows of {trading_day}, "
            f"was {len(ticks) - len(strange)}; the others are of {date_of(strange[0])}"
        )
    return ticks


def _text(path: Path) -> str:
    """The file's text; a byte order mark is allowed."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise FeedError(f"{path} cannot be read ({error.strerror}). Expected a raw CSV") from error
    except UnicodeDecodeError as error:
        row, byte = error.object.count(b"\n", 0, error.start), error.object[error.start]
        raise FeedError(f"{path}, row {row}: Expected UTF-8 text, was the byte 0x{byte:02x}") from error


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
    return us_of(datetime.fromisoformat(text))
