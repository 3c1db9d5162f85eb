"""A day's ticks as a canonical raw CSV: the same ticks give the same bytes, and no other bytes replace them.

The number forms are those of the landing folder, so that both write the same file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from math import isfinite
from pathlib import Path

from mt5_bridge.errors import DayError
from mt5_bridge.files import create_file
from mt5_bridge.moments import moment_of
from mt5_bridge.ticks.csv_feed import HEADER
from mt5_bridge.wire.contract import Tick

_GRID_TOLERANCE_POINTS = 1e-6
_LARGEST_FIXED_POINTS = 1e15
"""Above this a double has no sub-point digits left to judge by."""
_PLAIN = range(-6, 10)
"""Decimal exponents that are written without an e."""


def render_day(ticks: Sequence[Tick], digits: int) -> bytes:
    """Write the CSV that `read_ticks` reads; a missing field is empty.

    Times have milliseconds, or microseconds in all rows where one needs them. Prices on the grid of `digits`
    decimals have all of them (float noise goes), others and sizes their shortest form.
    """
    is_whole_ms = all(tick.ts_us is None or tick.ts_us % 1_000 == 0 for tick in ticks)
    unit = "milliseconds" if is_whole_ms else "microseconds"
    rows = (
        (
            _time(tick.ts_us, unit),
            _price(tick.bid, digits),
            _price(tick.ask, digits),
            _shortest(tick.bid_size),
            _shortest(tick.ask_size),
        )
        for tick in ticks
    )
    return "".join(",".join(cells) + "\n" for cells in (HEADER, *rows)).encode()


def day_path(folder: Path, symbol: str, trading_day: date) -> Path:
    """
    >>> day_path(Path("ticks"), "EURUSD", date(2024, 1, 15)).as_posix()
    'ticks/EURUSD_2024-01-15.csv'
    """
    if not re.fullmatch(r"[A-Z0-9]{3,12}", symbol):
        raise DayError(f"Expected a symbol of 3 to 12 capital letters and digits, was {symbol!r}")
    return folder / f"{symbol}_{trading_day}.csv"


def publish_day(path: Path, data: bytes) -> bool:
    """Make the file visible, whole or not at all; False where it was there with these bytes.

    Raises DayError where it is there with others, and where the disk refuses.
    """
    try:
        try:
            create_file(path, data)
            return True
        except FileExistsError:
            is_same = path.read_bytes() == data
    except OSError as error:
        raise DayError(
            f"{path}: the disk refuses the file ({error.strerror}). "
            f"Expected a writable folder with {len(data):,} bytes free; nothing was published"
        ) from error
    if not is_same:
        raise DayError(f"{path} holds other bytes. Expected these ticks or no file: move it away")
    return False


def _time(ts_us: int | None, unit: str) -> str:
    if ts_us is None:
        return ""
    return moment_of(ts_us).isoformat(timespec=unit).replace("+00:00", "Z")


def _price(price: float | None, digits: int) -> str:
    if price is None or not isfinite(price):
        return _shortest(price)
    points = price * 10.0**digits
    is_near = abs(points) < _LARGEST_FIXED_POINTS and abs(points - round(points)) <= _GRID_TOLERANCE_POINTS
    return f"{price:z.{digits}f}" if is_near else _shortest(price)


def _shortest(value: float | None) -> str:
    """The fewest digits that read back as this double.

    >>> [_shortest(value) for value in (1.0, 1.48e-06, 1.5e12, None)]
    ['1', '0.00000148', '1.5e+12', '']
    """
    if value is None:
        return ""
    if not isfinite(value) or value == 0:
        return str(value).removesuffix(".0")
    digits = Decimal(str(value)).normalize()
    exponent = digits.adjusted()
    return f"{digits:f}" if exponent in _PLAIN else f"{digits.scaleb(-exponent):f}e{exponent:+}"
