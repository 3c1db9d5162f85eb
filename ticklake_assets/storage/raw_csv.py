"""What can be said of a raw CSV's bytes without parsing them: header, rows, rows of its day."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import numpy as np

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.schemas import CSV_HEADER
from ticklake_assets.core.symbol_day import SymbolDay

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SHOWN = 120
_LINE_END = ord("\n")
_PIECE = 1 << 18


class RawShape(NamedTuple):
    """Counted on the bytes, independently of any CSV parser: what the layers after it are held against."""

    rows: int
    first_us: int | None
    """Time of the first row of the trading day in file order, epoch microseconds; None without such a row."""
    last_us: int | None


def body_start(data: bytes, key: str) -> int:
    """Offset of the first data row behind the header; a byte order mark and CRLF line ends are allowed."""
    if not data:
        raise DataError(
            f"{key} is empty (0 bytes): a closed day has a header. Expected {CSV_HEADER!r}, was ''"
        )
    end = data.find(b"\n")
    line = data if end < 0 else data[:end]
    header = line.removeprefix(_BYTE_ORDER_MARK).removesuffix(b"\r").decode("utf-8", "replace")
    if header != CSV_HEADER:
        raise DataError(f"Header of {key}. Expected {CSV_HEADER!r}, was {header[:_SHOWN]!r}")
    return len(data) if end < 0 else end + 1


def count_rows(data: bytes, start: int) -> int:
    """Lines from `start` on; an unterminated last line is a row."""
    held = np.frombuffer(data, dtype=np.uint8)[start:]
    # In pieces that fit a cache: three times as fast as bytes.count on short lines, and no copy of the file.
    ends = sum(np.count_nonzero(held[at : at + _PIECE] == _LINE_END) for at in range(0, len(held), _PIECE))
    return int(ends) + (len(data) > start and not data.endswith(b"\n"))


def measure(data: bytes, day: SymbolDay, key: str) -> RawShape:
    """Check the header and count; a file with rows of which none belongs to `day` is another day's file."""
    start = body_start(data, key)
    rows = count_rows(data, start)
    if rows == 0:
        return RawShape(0, None, None)
    needle = f"\n{day.trading_day.isoformat()}T".encode()
    first, last = data.find(needle, start - 1), data.rfind(needle, start - 1)
    if first < 0:
        found = data[start:].partition(b"\n")[0][:_SHOWN].decode("utf-8", "replace")
        raise DataError(
            f"{key}: none of its {rows} rows is of its day. Expected {day.trading_day}T..., was {found!r}"
        )
    return RawShape(rows, _micros(data, first + 1), _micros(data, last + 1))


def _micros(data: bytes, at: int) -> int | None:
    """Time at the start of a line; None when it is no time, which the typed layer reports with its row."""
    text = data[at : data.find(b",", at)].decode("utf-8", "replace")
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            return None
        return int(moment.replace(microsecond=0).timestamp()) * 1_000_000 + moment.microsecond
    except ValueError:
        return None
