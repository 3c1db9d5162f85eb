"""Times of a CSV export to UTC microseconds, by the layout of its dialect."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import NamedTuple

import numpy as np
import polars as pl

from ticklake_assets.core.symbol_day import MICROS_PER_DAY
from ticklake_assets.core.tables import Ints
from ticklake_assets.sources.csv_dialects import EPOCH_US, SINCE_MIDNIGHT, Dialect, is_wall_clock
from ticklake_assets.sources.zones import to_utc, zone

FIRST_YEAR, LAST_YEAR = 1990, 2199
"""Electronic quotes are younger, and seconds or microseconds that are read as milliseconds are far outside."""
_HOUR_US = 3_600_000_000
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_FIRST_US, _END_US = (
    round(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000 for year in (FIRST_YEAR, LAST_YEAR + 1)
)
_BELOW_MICROSECOND = r"\.\d{6}\d*[1-9]"


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


def time_texts(fields: pl.DataFrame, dialect: Dialect) -> pl.Series:
    """Text of the time; of date and time joined where the dialect has two columns."""
    if "date" in dialect.columns:
        return fields.select(pl.concat_str("date", "time", separator=" ", ignore_nulls=False)).to_series()
    return fields["time"]


def parse_times(fields: pl.DataFrame, dialect: Dialect, day: date | None = None) -> CsvTimes:
    """Parse times leniently: what is no time, or of no year with ticks, becomes null.

    `day` is what the file is named for: times since midnight need it.
    """
    layout, texts = dialect.time_layout, time_texts(fields, dialect)
    if layout in EPOCH_US:
        return _since_epoch(texts, layout)
    below = texts.str.contains(_BELOW_MICROSECOND).fill_null(value=False)
    if dialect.most_digits:
        texts = texts.set(below, None)
    cut = int(below.sum())
    if layout == SINCE_MIDNIGHT:
        parsed = _within(_since_midnight(texts, day))
    else:
        parsed = _within(texts.str.to_datetime(layout, time_unit="us", strict=False).to_physical())
    if not is_wall_clock(layout):
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


def _since_epoch(texts: pl.Series, layout: str) -> CsvTimes:
    """Compared before it is multiplied: nanoseconds would overflow into a time of another year."""
    unit_us = EPOCH_US[layout]
    if layout == "epoch seconds":  # may have a fraction; a double holds it to the microsecond
        seconds = _within(texts.cast(pl.Float64, strict=False), unit_us)
        cut = texts.str.contains(_BELOW_MICROSECOND).fill_null(value=False).sum()
        return CsvTimes((seconds * unit_us).round().cast(pl.Int64), 0, 0, int(cut))
    whole = _within(texts.cast(pl.Int64, strict=False), unit_us)
    if unit_us < 1:
        nanos = round(1 / unit_us)
        return CsvTimes(whole // nanos, 0, 0, int((whole % nanos != 0).sum()))
    return CsvTimes(whole * round(unit_us), 0, 0)


def _since_midnight(texts: pl.Series, day: date | None) -> pl.Series:
    """Wall clock; null for more than a day, and where the file's day is not known."""
    offsets = texts.cast(pl.Int64, strict=False)
    offsets = offsets.set(~offsets.is_between(0, MICROS_PER_DAY // 1_000, closed="left"), None) * 1_000
    if day is None:
        return offsets.clear(len(offsets))
    return offsets + (day.toordinal() - _EPOCH_ORDINAL) * MICROS_PER_DAY


def _within(times: pl.Series, unit_us: float = 1) -> pl.Series:
    """Times since the epoch, null outside of the years in which there are ticks."""
    is_within = times.is_between(_FIRST_US / unit_us, _END_US / unit_us, closed="left")
    return times.set(~is_within, None)
