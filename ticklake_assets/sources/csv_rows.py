"""Rows of a CSV export to typed Arrow, by dialect; errors name file, row, column and text."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv as pcsv

from ticklake_assets.core.errors import SourceError
from ticklake_assets.core.symbol_day import MICROS_PER_DAY
from ticklake_assets.core.tables import Ints
from ticklake_assets.sources.csv_dialects import EPOCH_MS, Dialect
from ticklake_assets.sources.source import TICK_SCHEMA
from ticklake_assets.sources.zones import to_utc, zone

_HOUR_US = 3_600_000_000
_CARRIED = ("bid", "ask")
_FIRST_YEAR, _LAST_YEAR = 1990, 2199
"""Electronic quotes are younger, and seconds or microseconds that are read as milliseconds are far outside."""
_FIRST_US, _END_US = (
    round(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000 for year in (_FIRST_YEAR, _LAST_YEAR + 1)
)
_BELOW_MICROSECOND = r"\.\d{6}\d*[1-9]"
_SHOWN = 120
_RAGGED = re.compile(r"Row #(\d+): Expected \d+ columns, got (\d+): (.*)", re.DOTALL)
_UNDECODED = re.compile(r"In CSV column #(\d+): Row #(\d+): .*invalid UTF8")
"""What pyarrow says of a bad line: rows counted from the first of the text, columns from 0."""


class CsvText(NamedTuple):
    """Whole lines below a header, and where they come from."""

    data: bytes
    where: str
    first_row: int
    """1-based data row of the first line."""


class CsvTimes(NamedTuple):
    """Parsed times in the order of the file."""

    ts_us: pl.Series
    """Epoch microseconds; null where the text is empty or no time of the years in which there are ticks."""
    ambiguous_rows: int
    """Rows in the local hour that occurs twice, placed by their order."""
    nonexistent_rows: int
    """Rows in the local hour that does not occur."""
    cut_rows: int = 0
    """Rows whose time has digits below the microsecond."""


class CsvRows(NamedTuple):
    table: pa.Table
    """`TICK_SCHEMA`, in the order of the file."""
    times: CsvTimes
    is_quote: pl.Series
    """Whether each row is one: an export of trades and quotes has rows that are none."""


def parse_rows(text: CsvText, dialect: Dialect, carried: dict[str, float]) -> CsvRows:
    """Parse lines strictly; `carried` holds the bid and ask in force before them.

    `nan` and `inf` are numbers (the cleaning rules judge them), an empty field is missing. Raises SourceError
    for what is neither, and for rows with too few or too many fields.
    """
    fields = split_fields(text, dialect)
    times = parse_times(fields, dialect)
    expected = f"a time from {_FIRST_YEAR} to {_LAST_YEAR} as {dialect.time_layout}"
    _refuse_unparsed(text, "time", expected, time_texts(fields, dialect), times.ts_us)
    columns = {"ts_event": times.ts_us}
    for name in TICK_SCHEMA.names[1:]:
        columns[name] = _numbers(text, name, fields)
    if dialect.units_a_million != 1:
        for name in ("bid_size", "ask_size"):
            columns[name] = columns[name] / dialect.units_a_million
    if dialect.carries_forward:
        for name in _CARRIED:
            columns[name] = columns[name].fill_null(strategy="forward")
            if name in carried:
                columns[name] = columns[name].fill_null(carried[name])
    arrays = [column.to_arrow().cast(TICK_SCHEMA.field(name).type) for name, column in columns.items()]
    return CsvRows(
        pa.Table.from_arrays(arrays, schema=TICK_SCHEMA), times, _quotes_among(text, fields, dialect)
    )


def split_fields(text: CsvText, dialect: Dialect) -> pl.DataFrame:
    """Split lines into text columns named as `dialect.columns`; empty fields are null."""
    names = [name if name != "-" else f"unused {at}" for at, name in enumerate(dialect.columns)]
    if not text.data.strip():
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    try:
        table = pcsv.read_csv(
            io.BytesIO(text.data),
            read_options=pcsv.ReadOptions(column_names=names, use_threads=False),  # else errors name no row
            parse_options=pcsv.ParseOptions(delimiter=dialect.separator),
            convert_options=pcsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""]
            ),
        )
    except pa.ArrowInvalid as error:
        raise _unreadable(text, names, str(error)) from None
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame


def time_texts(fields: pl.DataFrame, dialect: Dialect) -> pl.Series:
    """Text of the time; of date and time joined where the dialect has two columns."""
    if "date" in dialect.columns:
        return fields.select(pl.concat_str("date", "time", separator=" ", ignore_nulls=False)).to_series()
    return fields["ts_event"]


def parse_times(fields: pl.DataFrame, dialect: Dialect) -> CsvTimes:
    """Parse times leniently: what is no time, or of no year with ticks, becomes null."""
    texts = time_texts(fields, dialect)
    below = texts.str.contains(_BELOW_MICROSECOND).fill_null(value=False)
    if dialect.most_digits:
        texts = texts.set(below, None)
    cut = int(below.sum())
    if dialect.time_layout == EPOCH_MS:
        # Compared before it is multiplied: nanoseconds would overflow into a time of another year.
        return CsvTimes(_within(texts.cast(pl.Int64, strict=False), 1_000) * 1_000, 0, 0)
    parsed = _within(texts.str.to_datetime(dialect.time_layout, time_unit="us", strict=False).to_physical())
    if not dialect.zone:
        return CsvTimes(parsed, 0, 0, cut)
    is_time = parsed.is_not_null().to_numpy()
    wall_us: Ints = parsed.drop_nulls().to_numpy() - dialect.ahead_hours * _HOUR_US
    converted = to_utc(wall_us, zone(dialect.zone))
    ts_us = np.zeros(len(parsed), dtype=np.int64)
    ts_us[is_time] = converted.ts_us
    filled = pl.Series(ts_us).zip_with(pl.Series(is_time), pl.Series([None], dtype=pl.Int64))
    return CsvTimes(filled, converted.ambiguous_rows, converted.nonexistent_rows, cut)


def utc_days(ts_us: pl.Series, day_before: int | None) -> pl.Series:
    """UTC day of each row, since the epoch; a row without a time is on the day of the row before."""
    days = (ts_us // MICROS_PER_DAY).fill_null(strategy="forward")
    return (days if day_before is None else days.fill_null(day_before)).fill_null(strategy="backward")


def last_quotes(fields: pl.DataFrame, dialect: Dialect) -> dict[str, float]:
    """The last bid and ask in these lines, where the dialect carries them forward."""
    if not dialect.carries_forward:
        return {}
    quotes = {name: fields[name].cast(pl.Float64, strict=False).drop_nulls() for name in _CARRIED}
    return {name: float(values[-1]) for name, values in quotes.items() if len(values)}


def _quotes_among(text: CsvText, fields: pl.DataFrame, dialect: Dialect) -> pl.Series:
    if not dialect.quote_flags:
        return pl.repeat(True, len(fields), eager=True)
    flags = fields["flags"].cast(pl.Int64, strict=False)
    _refuse_unparsed(text, "flags", "a whole number", fields["flags"], flags)
    return (flags.fill_null(dialect.quote_flags) & dialect.quote_flags) != 0


def _within(times: pl.Series, unit_us: int = 1) -> pl.Series:
    """Times since the epoch, null outside of the years in which there are ticks."""
    is_within = times.is_between(_FIRST_US // unit_us, _END_US // unit_us, closed="left")
    return times.set(~is_within, None)


def _unreadable(text: CsvText, names: list[str], problem: str) -> SourceError:
    if ragged := _RAGGED.search(problem):
        row, fields, line = text.first_row - 1 + int(ragged[1]), ragged[2], ragged[3][:_SHOWN]
        return SourceError(f"{text.where}: row {row}. Expected {len(names)} fields, was {fields}: {line!r}")
    if undecoded := _UNDECODED.search(problem):
        row, name = text.first_row - 1 + int(undecoded[2]), names[int(undecoded[1])]
        return SourceError(
            f"{text.where}: row {row}, column {name}. Expected UTF-8 text, was bytes that are none"
        )
    return SourceError(
        f"{text.where}: unreadable CSV from data row {text.first_row} on. "
        f"Expected rows of {len(names)} fields, was: {problem}"
    )


def _numbers(text: CsvText, name: str, fields: pl.DataFrame) -> pl.Series:
    if name not in fields.columns:
        return pl.Series([None] * len(fields), dtype=pl.Float64)
    numbers = fields[name].cast(pl.Float64, strict=False)
    _refuse_unparsed(text, name, "a number", fields[name], numbers)
    return numbers


def _refuse_unparsed(text: CsvText, column: str, expected: str, texts: pl.Series, parsed: pl.Series) -> None:
    unparsed = (texts.is_not_null() & parsed.is_null()).arg_true()
    if len(unparsed) == 0:
        return
    wrong = int(unparsed[0])
    place = f"{text.where}: row {text.first_row + wrong}, column {column}"
    raise SourceError(f"{place}. Expected {expected}, was {texts[wrong]!r}")
