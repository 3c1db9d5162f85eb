"""Rows of a CSV export to typed Arrow, by dialect; errors name file, row, column and text."""

from __future__ import annotations

import io
import re
from datetime import date
from typing import NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.csv as pcsv

from ticklake_assets.core.errors import SourceError
from ticklake_assets.sources.csv_dialects import SINCE_MIDNIGHT, Dialect
from ticklake_assets.sources.csv_times import FIRST_YEAR, LAST_YEAR, CsvTimes, parse_times, time_texts
from ticklake_assets.sources.source import TICK_SCHEMA

_CARRIED = ("bid", "ask")
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
    day: date | None = None
    """The one that the file is named for."""
    symbol: str = ""
    """Whose rows these are to be, where each row names one."""


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
    times = parse_times(fields, dialect, text.day)
    _refuse_unparsed(text, "time", _expected_time(text, dialect), time_texts(fields, dialect), times.ts_us)
    _refuse_others(text, fields)
    columns = {"ts_event": times.ts_us}
    for name in TICK_SCHEMA.names[1:]:
        columns[name] = _numbers(text, name, fields, dialect)
    if dialect.price_scale != 1:
        for name in ("bid", "ask"):
            columns[name] = _divided(columns[name], dialect.price_scale)
    if dialect.units_a_million != 1:
        for name in ("bid_size", "ask_size"):
            columns[name] = _divided(columns[name], dialect.units_a_million)
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
            parse_options=pcsv.ParseOptions(delimiter=dialect.delimiter),
            convert_options=pcsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""]
            ),
        )
    except pa.ArrowInvalid as error:
        raise _unreadable(text, names, str(error)) from None
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame


def last_quotes(fields: pl.DataFrame, dialect: Dialect) -> dict[str, float]:
    """The last bid and ask in these lines, where the dialect carries them forward."""
    if not dialect.carries_forward:
        return {}
    quotes = {name: _parsed(fields[name], dialect).drop_nulls() for name in _CARRIED}
    return {name: float(values[-1]) / dialect.price_scale for name, values in quotes.items() if len(values)}


def _quotes_among(text: CsvText, fields: pl.DataFrame, dialect: Dialect) -> pl.Series:
    if not dialect.quote_flags:
        return pl.repeat(True, len(fields), eager=True)
    flags = fields["flags"].cast(pl.Int64, strict=False)
    _refuse_unparsed(text, "flags", "a whole number", fields["flags"], flags)
    return (flags.fill_null(dialect.quote_flags) & dialect.quote_flags) != 0


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


def _numbers(text: CsvText, name: str, fields: pl.DataFrame, dialect: Dialect) -> pl.Series:
    if name not in fields.columns:
        return pl.Series([None] * len(fields), dtype=pl.Float64)
    numbers = _parsed(fields[name], dialect)
    _refuse_unparsed(text, name, "a number", fields[name], numbers)
    return numbers


def _parsed(texts: pl.Series, dialect: Dialect) -> pl.Series:
    if dialect.decimal == ",":
        texts = texts.str.replace(",", ".", literal=True)
    return texts.cast(pl.Float64, strict=False)


def _divided(values: pl.Series, by: float) -> pl.Series:
    """By a column, since polars multiplies by the inverse of a number: 1.38686 would not stay what it is."""
    return values / pl.repeat(by, len(values), eager=True)


def _expected_time(text: CsvText, dialect: Dialect) -> str:
    if dialect.time_layout != SINCE_MIDNIGHT:
        digits = f" with at most {dialect.most_digits} digits of a second" if dialect.most_digits else ""
        return f"a time from {FIRST_YEAR} to {LAST_YEAR} as {dialect.time_layout}{digits}"
    return "0 to 86399999 milliseconds since midnight" if text.day else "a file that is named for its one day"


def _refuse_others(text: CsvText, fields: pl.DataFrame) -> None:
    """A row that names another symbol than the file: its quotes would become this one's."""
    if not text.symbol or "symbol" not in fields.columns:
        return
    letters = fields["symbol"].str.to_uppercase().str.replace_all("[^A-Z0-9]", "")
    others = (letters != text.symbol).fill_null(value=True).arg_true()
    if len(others):
        wrong = int(others[0])
        place = f"{text.where}: row {text.first_row + wrong}, column symbol"
        raise SourceError(f"{place}. Expected {text.symbol}, was {fields['symbol'][wrong]!r}")


def _refuse_unparsed(text: CsvText, column: str, expected: str, texts: pl.Series, parsed: pl.Series) -> None:
    unparsed = (texts.is_not_null() & parsed.is_null()).arg_true()
    if len(unparsed) == 0:
        return
    wrong = int(unparsed[0])
    place = f"{text.where}: row {text.first_row + wrong}, column {column}"
    raise SourceError(f"{place}. Expected {expected}, was {texts[wrong]!r}")
