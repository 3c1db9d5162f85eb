"""One table of ticks: which UTC days it covers, and the rows of one of them without parsing the rest."""

from __future__ import annotations

from collections import Counter
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from ticklake_assets.core.errors import SourceError
from ticklake_assets.core.symbol_day import MICROS_PER_DAY, SymbolDay
from ticklake_assets.sources.bounds import MOST_DAY_BYTES
from ticklake_assets.sources.csv_dialects import Dialect
from ticklake_assets.sources.csv_rows import CsvText, last_quotes, parse_rows, split_fields
from ticklake_assets.sources.csv_times import CsvTimes, parse_times, utc_days
from ticklake_assets.sources.dialect_files import built_in
from ticklake_assets.sources.recognition import recognise
from ticklake_assets.sources.source import empty_day, noted, repeats_in
from ticklake_assets.sources.tick_text import TickText

_BLOCK_BYTES = 8 << 20
_EDGE_BYTES = 64 << 10
_MOST_TIMELESS_BYTES = 64 << 20
"""Of leading rows without a time: they are kept until one has one."""
_BOM = b"\xef\xbb\xbf"
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


class _Block(NamedTuple):
    """Whole lines of the file."""

    start: int
    end: int
    first_row: int
    days: dict[int, int]
    """Rows of each UTC day since the epoch."""
    day_before: int | None
    """Day of the last row before it: the day of leading rows without a time."""
    carried: dict[str, float]
    """Bid and ask in force before its first row."""


class CsvFile:
    """A table in a known dialect: a CSV export, plain, zipped or gzipped, or a Parquet file.

    Rows belong to the UTC day of their time, rows without a time to the day of the row before. The text is
    read in blocks: the first question indexes which days each block has, later ones parse only those.
    """

    def __init__(
        self,
        path: Path,
        dialect_name: str = "",
        zone: str = "",
        block_bytes: int = _BLOCK_BYTES,
        *,
        dialects: tuple[Dialect, ...] = (),
        named_day: date | None = None,
        most_day_bytes: int = MOST_DAY_BYTES,
    ) -> None:
        """Recognise the dialect among `dialects` (empty: the package's); `zone` replaces that of a wall clock.

        `named_day` is the one day that the path speaks of: times since midnight are of it.
        """
        self.path = path
        self._block_bytes, self._most_day_bytes = block_bytes, most_day_bytes
        self._named_day = named_day
        self._text = TickText(path)
        header = self._text.head[: self._text.head.find(b"\n") + 1 or len(self._text.head)]
        if not header.strip(b"\xef\xbb\xbf \t\r\n"):
            raise SourceError(f"{path}: Expected a CSV header, was empty")
        recognised = recognise(
            self._text.head,
            str(path),
            dialects or built_in(),
            dialect_name,
            day=named_day,
            is_parquet=self._text.is_parquet,
        )
        self.dialect = recognised.in_zone(zone)
        mark = len(_BOM) if header.startswith(_BOM) else 0
        self._first_byte = len(header) if self.dialect.header else mark

    def release(self) -> None:
        """Give back the disk that it was unpacked to; what is asked later unpacks it again."""
        self._text.release()

    def days(self) -> list[date]:
        """UTC days that have at least one row, sorted."""
        return list(self.rows_by_day())

    def rows_by_day(self) -> dict[date, int]:
        """How many rows each UTC day has, sorted by day."""
        total: Counter[int] = sum((Counter(block.days) for block in self._blocks), Counter())
        return {_date(day): total[day] for day in sorted(total)}

    def edge_days(self) -> list[date]:
        """UTC days at both ends of the file, without a look at what lies between where that is much."""
        size = self._text.size
        if size <= self._first_byte + 2 * _EDGE_BYTES:
            return self.days()
        head = self._text.read(self._first_byte, self._first_byte + _EDGE_BYTES)
        tail = self._text.read(size - _EDGE_BYTES, size)
        found: set[int] = set()
        for lines in (head[: head.rfind(b"\n") + 1], tail[tail.find(b"\n") + 1 :]):
            fields = split_fields(self._lines(lines, 1), self.dialect)
            found.update(
                utc_days(parse_times(fields, self.dialect, self._named_day).ts_us, None).drop_nulls()
            )
        return [_date(day) for day in sorted(found)] or self.days()

    def rows(self) -> pa.Table:
        """Return every row, whatever its day: for a file that is one partition."""
        self._refuse_large(self._text.size - self._first_byte)
        whole = self._lines(self._text.read(self._first_byte, self._text.size), 1)
        parsed = parse_rows(whole, self.dialect, {})
        quotes = parsed.table.filter(pa.array(parsed.is_quote.to_arrow()))
        return self._without_repeats(quotes, self._notes(parsed.times, len(parsed.is_quote) - len(quotes)))

    def rows_of(self, day: SymbolDay) -> pa.Table:
        """Return the rows of one UTC day in the order of the file."""
        number = day.start_us // MICROS_PER_DAY
        parts, notes = [empty_day()], list[str]()
        spans = self._spans(number)
        self._refuse_large(sum(span.end - span.start for span in spans))
        for span in spans:
            text = self._lines(self._text.read(span.start, span.end), span.first_row, day.symbol)
            parsed = parse_rows(text, self.dialect, span.carried)
            of_day = utc_days(parsed.times.ts_us, span.day_before) == number
            parts.append(parsed.table.filter(pa.array((of_day & parsed.is_quote).to_arrow())))
            notes += self._notes(parsed.times, int((of_day & ~parsed.is_quote).sum()))
        return self._without_repeats(pa.concat_tables(parts).combine_chunks(), notes)

    @cached_property
    def _blocks(self) -> list[_Block]:
        """Index the file; times that do not parse are left for `rows_of` to refuse, but for those that lead.

        Raises SourceError for a file that has rows and not one with a time.
        """
        blocks: list[_Block] = []
        first_row, day_before, carried = 1, None, dict[str, float]()
        start, data = self._first_byte, b""
        for more in self._text.blocks(start, self._block_bytes):
            data += more
            text = self._lines(data, first_row)
            fields = split_fields(text, self.dialect)
            days = utc_days(parse_times(fields, self.dialect, self._named_day).ts_us, day_before)
            if days.null_count() == len(days):
                parse_rows(text, self.dialect, carried)  # refuses a time that is none
                if len(data) > _MOST_TIMELESS_BYTES:
                    break
                continue  # leading rows without a time belong to the first that has one
            counts = dict(days.value_counts().iter_rows())
            blocks.append(_Block(start, start + len(data), first_row, counts, day_before, carried))
            start, data = start + len(data), b""
            first_row += len(fields)
            day_before = days[-1]
            carried = carried | last_quotes(fields, self.dialect)
        if data.strip():
            raise SourceError(f"{self.path}: Expected rows with a time, was {len(fields)} rows without")
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

    def _lines(self, data: bytes, first_row: int, symbol: str = "") -> CsvText:
        return CsvText(data, str(self.path), first_row, self._named_day, symbol)

    def _refuse_large(self, size: int) -> None:
        if size > self._most_day_bytes:
            raise SourceError(
                f"{self.path}: a day's rows lie in {size:,} bytes of it. Expected at most {self._most_day_bytes:,}: "
                "sort the file by its times"
            )

    def _without_repeats(self, quotes: pa.Table, notes: list[str]) -> pa.Table:
        """The quotes with what is odd about them; without those that repeat the one before, where that is declared."""
        if not self.dialect.drop_repeats:
            return noted(quotes, notes)
        repeats = repeats_in(quotes)
        dropped = f"{int(repeats.sum()):,} rows repeat the quote before; they were left out, as declared"
        kept = quotes.filter(pa.array(~repeats))
        return noted(kept, [*notes, f"{self.path}: {dropped}"] if repeats.any() else notes)

    def _notes(self, times: CsvTimes, no_quotes: int) -> list[str]:
        """What was decided about rows; of a file of several days the counts are those of the blocks that were read."""
        counted = {
            f"are in the hour that occurs twice in {self.dialect.zone}; they were placed by their order": (
                times.ambiguous_rows
            ),
            f"are in an hour that {self.dialect.zone} skips; they were read as if the clock had stayed": (
                times.nonexistent_rows
            ),
            "have digits below the microsecond, which were cut": (times.cut_rows),
            "are trades and no quotes by their flags; they were left out": no_quotes,
        }
        return [f"{self.path}: {rows:,} rows {what}" for what, rows in counted.items() if rows]


def _date(day: int) -> date:
    return date.fromordinal(_EPOCH_ORDINAL + day)
