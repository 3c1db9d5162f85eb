"""Raw CSV to typed rows to Parquet, with every row accounted for.

pyarrow parses and writes: of DuckDB, Polars and pyarrow it is the fastest from bytes in memory
(bench/ingest.py), sniffs nothing and gives the same bytes for the same rows. Its rows are held against the
lines that sealing counted on the bytes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from ticklake_assets.core.errors import ConservationError, DataError
from ticklake_assets.core.schemas import TICKS
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.partitions.arrow_types import arrow_schema
from ticklake_assets.storage.raw.csv_shape import body_start

_SCHEMA = arrow_schema(TICKS)
_FIELDS = {field.name: field.type for field in _SCHEMA if field.name != "source_row"}
_READ = csv.ReadOptions(
    column_names=list(_FIELDS),
    block_size=1 << 22,  # a fixed size, so that the same bytes are cut alike on every machine
)
_PARSE = csv.ParseOptions(quote_char=False, double_quote=False, ignore_empty_lines=False)
_CONVERT = csv.ConvertOptions(column_types=_FIELDS, null_values=[""])
_EXPECTED = {"ts_event": "a UTC time like 2024-01-15T00:00:01.250Z"}
_SHOWN = 120


class Ingested(NamedTuple):
    """The rows of one raw file, in file order."""

    table: pa.Table
    """`core.schemas.TICKS`; an empty field is null, `nan` and `inf` are what they say."""
    foreign_rows: int
    """Rows whose time lies outside the day; cleaning quarantines them."""


def ingest(data: bytes, day: SymbolDay, key: str, rows: int) -> Ingested:
    """Type every row of a raw CSV of so many `rows`, as `csv_shape.measure` counts them; `key` is named in errors.

    `DataError` names row, column and text of the first field that is not what its column says, the first row
    with too few or too many fields, and a file more than half of whose rows are of another day.
    `ConservationError` when the parser's rows are not as many.
    """
    start = body_start(data, key)
    body = pa.py_buffer(data).slice(start)
    try:
        parsed = _parsed(body) if rows else _SCHEMA.remove(0).empty_table()
    except pa.ArrowInvalid as error:
        raise _first_fault(body.to_pybytes(), key, str(error)) from error
    if parsed.num_rows != rows:
        raise ConservationError(f"{key}. Expected {rows} rows, one a line, was {parsed.num_rows}")
    # The parser takes a blank line for five missing fields.
    if all(column.null_count for column in parsed.columns) and _has_blank_line(data, start):
        raise _first_fault(body.to_pybytes(), key, "a blank line")
    table = pa.Table.from_arrays([pa.array(np.arange(1, rows + 1)), *parsed.columns], schema=_SCHEMA)
    foreign = _foreign_rows(parsed["ts_event"], day)
    if 2 * foreign > rows:
        raise DataError(
            f"{key} holds another day's rows. Expected {rows} rows of {day}, was {rows - foreign}"
        )
    return Ingested(table, foreign)


def _parsed(body: pa.Buffer) -> pa.Table:
    return csv.read_csv(pa.BufferReader(body), _READ, _PARSE, _CONVERT)


def _foreign_rows(times: pa.ChunkedArray, day: SymbolDay) -> int:
    micros = times.cast(pa.int64())
    own = pc.and_(pc.greater_equal(micros, day.start_us), pc.less(micros, day.end_us))
    return int(len(times) - times.null_count - (pc.sum(own).as_py() or 0))


def _has_blank_line(data: bytes, start: int) -> bool:
    return any(data.find(blank, start - 1) >= 0 for blank in (b"\n\n", b"\n\r\n"))


def _first_fault(body: bytes, key: str, problem: str) -> DataError:
    """Find the first row that the parser refuses, by halving: a second grammar of a field could disagree."""
    lines = body.removesuffix(b"\n").split(b"\n")
    low, high = 0, len(lines)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _is_refused(lines[low:middle]) else (middle, high)
    line = lines[low].removesuffix(b"\r")
    where = f"{key}, data row {low + 1}"
    fields = line.split(b",")
    if len(fields) != len(_FIELDS):
        return DataError(f"{where}. Expected {len(_FIELDS)} fields, was {len(fields)}: {_shown(line)}")
    for at, name in enumerate(_FIELDS):
        alone = [b""] * len(fields)
        alone[at] = fields[at]
        if _is_refused([b",".join(alone)]):
            expected = _EXPECTED.get(name, "a number")
            return DataError(f"{where}, column {name}. Expected {expected}, was {_shown(fields[at])}")
    return DataError(f"{where}: {problem}. Expected rows like {_SCHEMA.names[1:]}, was {_shown(line)}")


def _is_refused(lines: list[bytes]) -> bool:
    if any(line in (b"", b"\r") for line in lines):
        return True
    try:
        _parsed(pa.py_buffer(b"\n".join(lines) + b"\n"))
    except pa.ArrowInvalid:
        return True
    return False


def _shown(text: bytes) -> str:
    return repr(text[:_SHOWN].decode("utf-8", "replace"))
