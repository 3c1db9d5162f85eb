"""One CSV export: which UTC days it covers, and the rows of one of them without parsing the rest."""

from __future__ import annotations

import logging
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from ticklake_assets.core.errors import SourceError
from ticklake_assets.core.symbol_day import MICROS_PER_DAY, SymbolDay
from ticklake_assets.sources.csv_dialects import recognise
from ticklake_assets.sources.csv_rows import (
    CsvText,
    CsvTimes,
    days_of,
    last_quotes,
    parse_rows,
    parse_times,
    split_fields,
)
from ticklake_assets.sources.source import empty_day

_BLOCK_BYTES = 8 << 20
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_log = logging.getLogger(__name__)


class _Block(NamedTuple):
    """Whole lines of the file."""

    start: int
    end: int
    first_row: int
    days: frozenset[int]
    """UTC days of its rows, since the epoch."""
    day_before: int | None
    """Day of the last row before it: the day of leading rows without a time."""
    carried: dict[str, float]
    """Bid and ask in force before its first row."""


class CsvFile:
    """A CSV export with a known header.

    Rows belong to the UTC day of their time, rows without a time to the day of the row before. The file is
    read in blocks: the first question indexes which days each block has, later ones parse only those.
    """

    def __init__(
        self, path: Path, dialect_name: str = "", zone: str = "", block_bytes: int = _BLOCK_BYTES
    ) -> None:
        """Recognise the header; `zone` replaces the zone of a dialect whose times are wall clock."""
        self.path = path
        self._block_bytes = block_bytes
        with path.open("rb") as file:
            header = file.readline()
        if not header.strip():
            raise SourceError(f"{path}: Expected a CSV header, was empty")
        recognised = recognise(header.decode(errors="replace"), str(path), dialect_name)
        self.dialect = recognised.in_zone(zone)
        self._header_bytes = len(header)

    def days(self) -> list[date]:
        """UTC days that have at least one row, sorted."""
        found = frozenset[int]().union(*(block.days for block in self._blocks))
        return [date.fromordinal(_EPOCH_ORDINAL + day) for day in sorted(found)]

    def rows(self) -> pa.Table:
        """Return every row, whatever its day: for a file that is one partition."""
        whole = CsvText(self.path.read_bytes()[self._header_bytes :], str(self.path), 1)
        parsed = parse_rows(whole, self.dialect, {})
        self._explain(parsed.times)
        return parsed.table

    def rows_of(self, day: SymbolDay) -> pa.Table:
        """Return the rows of one UTC day in the order of the file."""
        number = day.start_us // MICROS_PER_DAY
        parts = [empty_day()]
        for span in self._spans(number):
            text = CsvText(self._read(span.start, span.end), str(self.path), span.first_row)
            parsed = parse_rows(text, self.dialect, span.carried)
            of_day = days_of(parsed.times.ts_us, span.day_before) == number
            parts.append(parsed.table.filter(pa.array(of_day.to_arrow())))
            self._explain(parsed.times)
        return pa.concat_tables(parts).combine_chunks()

    @cached_property
    def _blocks(self) -> list[_Block]:
        """Index the file; times that do not parse are left for `rows_of` to refuse."""
        blocks: list[_Block] = []
        first_row, day_before, carried = 1, None, dict[str, float]()
        with self.path.open("rb") as file:
            start = file.seek(self._header_bytes)
            while data := file.read(self._block_bytes) + file.readline():
                fields = split_fields(CsvText(data, str(self.path), first_row), self.dialect)
                days = days_of(parse_times(fields, self.dialect).ts_us, day_before)
                present = frozenset(days.drop_nulls().unique().to_list())
                blocks.append(_Block(start, start + len(data), first_row, present, day_before, carried))
                start += len(data)
                first_row += len(fields)
                day_before = days[-1] if len(days) else day_before
                carried = carried | last_quotes(fields, self.dialect)
        return blocks

    def _spans(self, day: int) -> list[_Block]:
        """Blocks that hold the day, neighbours joined: the hour that occurs twice is seen in one piece."""
        spans: list[_Block] = []
        for block in self._blocks:
            if day not in block.days:
                continue
            if spans and spans[-1].end == block.start:
                spans[-1] = spans[-1]._replace(end=block.end)
            else:
                spans.append(block)
        return spans

    def _read(self, start: int, end: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(end - start)

    def _explain(self, times: CsvTimes) -> None:
        if times.ambiguous_rows:
            _log.warning(
                "%s: %d rows are in the hour that occurs twice in %s; they were placed by their order",
                self.path, times.ambiguous_rows, self.dialect.zone,
            )  # fmt: skip
        if times.nonexistent_rows:
            _log.warning(
                "%s: %d rows are in an hour that %s skips; they were read as if the clock had stayed",
                self.path, times.nonexistent_rows, self.dialect.zone,
            )  # fmt: skip
