"""The landing CSV: one file a symbol-day, the same input gives the same bytes, never overwritten."""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from ticklake_assets.core.day_files import day_file, parse_day_file
from ticklake_assets.core.errors import MissingDataError, SetupError
from ticklake_assets.core.instruments import Instrument, instrument_of
from ticklake_assets.core.landing_folders import REFUSED, TAKEN, WAITING
from ticklake_assets.core.schemas import CSV_HEADER
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.files import create_file
from ticklake_assets.plain_files import read_plain

GRID_TOLERANCE_POINTS = 1e-6
"""A price so near the grid is the grid's: the rest is float noise."""
_LARGEST_FIXED_POINTS = 1e15
"""Above this a double has no sub-point digits left to judge by."""


class Landed(NamedTuple):
    """A published landing file."""

    path: Path
    revision: int
    is_new: bool
    """False where the newest revision already held these bytes."""


def landing_path(root: Path, day: SymbolDay, revision: int = 1) -> Path:
    """
    >>> landing_path(Path("landing"), SymbolDay.parse("EURUSD|2024-01-15"), 2).as_posix()
    'landing/ticks/EURUSD/2024/01/EURUSD_2024-01-15.r2.csv'
    """
    return root / WAITING / day_file(day, revision)


def latest_revision(root: Path, day: SymbolDay) -> int:
    """Newest published revision, 0 where there is none; also where a replicator has moved it on.

    Leftover temporary files do not count.
    """
    return _newest(root, day)[0]


def published_path(root: Path, day: SymbolDay) -> Path:
    """Where the newest published revision of the day lies now."""
    paths = _newest(root, day)[1]
    if not paths:
        raise MissingDataError(f"Landing file of {day}. Expected {landing_path(root, day)}, was no such file")
    return paths[0]


def publish_day(root: Path, day: SymbolDay, table: pa.Table) -> Landed:
    """Make the day visible in the landing folder, whole or not at all.

    Other bytes than the newest revision's become the next revision; the same bytes change nothing. Raises
    SetupError when the disk refuses.
    """
    data = render_csv(table, instrument_of(day.symbol))
    path = landing_path(root, day)
    try:
        while True:
            revision, paths = _newest(root, day)
            try:
                same = [path for path in paths if read_plain(path) == data]
            except FileNotFoundError:  # a replicator moved it on: look again
                continue
            if same:
                return Landed(same[0], revision, is_new=False)
            path = landing_path(root, day, revision + 1)
            with suppress(FileExistsError):  # another process published that revision meanwhile: look again
                create_file(path, data)
                return Landed(path, revision + 1, is_new=True)
    except OSError as error:
        raise SetupError(
            f"{path}: the disk refuses the landing file of {day} ({error.strerror}). "
            f"Expected a writable folder with {len(data):,} bytes free; nothing was published"
        ) from error


def render_csv(table: pa.Table, instrument: Instrument) -> bytes:
    """Write `TICK_SCHEMA` rows as canonical CSV: LF, UTF-8, a missing field is empty.

    Times have milliseconds, or microseconds in the whole file where a row needs them. Prices on the point
    grid have the instrument's digits (float noise goes), others and sizes their shortest form.
    """
    columns = [
        _times(table["ts_event"]),
        _prices(table["bid"], instrument),
        _prices(table["ask"], instrument),
        _shortest(table["bid_size"]),
        _shortest(table["ask_size"]),
    ]
    filled = [pc.fill_null(column, "") for column in columns]
    lines = pa.table(dict(zip(table.column_names, filled, strict=True)))
    target = io.BytesIO(f"{CSV_HEADER}\n".encode())
    target.seek(0, io.SEEK_END)
    pcsv.write_csv(lines, target, pcsv.WriteOptions(include_header=False, quoting_style="none"))
    return target.getvalue()


def _times(ts_event: pa.ChunkedArray) -> pa.ChunkedArray:
    epoch_us = ts_event.cast(pa.int64())
    whole_ms = pc.multiply(pc.divide(epoch_us, 1_000), 1_000)
    unit = "ms" if pc.all(pc.equal(epoch_us, whole_ms), min_count=0).as_py() else "us"
    # Without the zone the cast is 20 times faster; the Z says the same.
    text = ts_event.cast(pa.timestamp(unit)).cast(pa.string())
    return pc.binary_join_element_wise(pc.replace_substring(text, " ", "T"), "Z", "")


def _prices(prices: pa.ChunkedArray, instrument: Instrument) -> pa.ChunkedArray:
    values = prices.fill_null(np.nan).to_numpy()
    with np.errstate(invalid="ignore", over="ignore"):  # NaN and infinities are off the grid
        points = values * instrument.decimal_factor
        is_near = np.abs(points - np.rint(points)) <= GRID_TOLERANCE_POINTS
        is_fixed = is_near & (np.abs(points) < _LARGEST_FIXED_POINTS)
    fixed = (
        pa.array(np.where(is_fixed, values, 0.0)).cast(pa.decimal128(20, instrument.digits)).cast(pa.string())
    )
    return pc.if_else(pa.array(is_fixed), fixed, _shortest(prices))


def _shortest(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return values.cast(pa.string())


def _newest(root: Path, day: SymbolDay) -> tuple[int, list[Path]]:
    """The newest revision and its files: where it waits, where it was taken, where it is in conflict."""
    first = Path(day_file(day))
    found: dict[int, list[Path]] = {}
    # Files move in this order while we look: one that is missed here is met there.
    for folder, below in ((WAITING, ""), (TAKEN, ""), (REFUSED, "*/")):
        for path in sorted((root / folder / first.parent).glob(f"{below}{first.stem}*.csv")):
            if named := parse_day_file(f"{first.parent.as_posix()}/{path.name}"):
                found.setdefault(named[1], []).append(path)
    newest = max(found, default=0)
    return newest, found.get(newest, [])
