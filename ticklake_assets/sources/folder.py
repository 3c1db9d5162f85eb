"""Ticks that the user already has: a bi5 tree, a tree of JSON hours, or tables (CSV, zipped or not, Parquet)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ticklake_assets.core.calendar import is_closed, may_be_closed
from ticklake_assets.core.clock import SYSTEM_CLOCK, Clock
from ticklake_assets.core.errors import MissingDataError, SourceError
from ticklake_assets.core.instruments import instrument_of
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.sources.archives import archive_of
from ticklake_assets.sources.bi5 import decode_bi5
from ticklake_assets.sources.bounds import read_hour
from ticklake_assets.sources.csv_file import CsvFile
from ticklake_assets.sources.dialect_files import LANDING, all_dialects
from ticklake_assets.sources.folder_scan import TickFiles, claimed_day, scan
from ticklake_assets.sources.json_feed import decode_json
from ticklake_assets.sources.source import empty_day, noted, notes_in, refuse_unfinished
from ticklake_assets.sources.symbol_hour import SymbolHour, hours_of, open_hours

_MOST_UNPACKED = 4
"""Files whose unpacked text is kept on disk at a time."""
_SHOWN = 20
"""Files that are passed over and named."""
_Decode = Callable[[bytes, SymbolHour, str], pa.Table]


class FolderSource:
    """A folder of files as a tick source.

    Where a day is there more than once, bi5 comes before JSON, JSON before CSV; several CSV files of one day
    are put one after the other. The folder is listed once: files that come later need a new source.

    A table whose path names one day holds that day and at most reaches into the days beside it, by its zone
    or by some rows past midnight. In the landing dialect it is the day's partition, whatever its rows.
    """

    def __init__(
        self,
        root: Path,
        dialect: str = "",
        zone: str = "",
        clock: Clock = SYSTEM_CLOCK,
        dialects: Path | None = None,
    ) -> None:
        """`dialect` is the name of one (empty: by header or rows); `zone` replaces its zone.

        `dialects` is a TOML file, or a folder of them, with the user's own.
        """
        self._root = root.absolute()
        self._dialect = dialect
        self._zone = zone
        self._clock = clock
        self._dialects = all_dialects(dialects)
        self._scans: dict[str, TickFiles] = {}
        self._opened: dict[Path, CsvFile] = {}
        self._unpacked: list[CsvFile] = []
        self._told: set[str] = set()

    def fetch_day(self, day: SymbolDay) -> pa.Table:
        refuse_unfinished(day, self._clock.now())
        files = self._files(day.symbol)
        for hours, decode in ((files.bi5, decode_bi5), (files.json, decode_json)):
            if any(hour in hours for hour in hours_of(day)):
                return _join_hours(day, hours, decode)
        table = self._csv_day(day, files)
        return self._absent(day) if table is None else table

    def coverage(self, symbol: str) -> tuple[date, date]:
        """First and last day with rows.

        Raises SourceError for a CSV file that is named for one day and holds distant ones.
        """
        files = self._files(symbol)
        days = {hour.day.trading_day for hour in (*files.bi5, *files.json)}
        for path in files.csv:
            days.update(self._days_of(path))
        if not days:
            raise MissingDataError(
                f"{self._root} has no ticks of {symbol}. Expected {symbol}/YYYY/MM/DD/HHh_ticks.bi5, "
                f"{instrument_of(symbol).vendor_code}/Y/M/D/H, or CSV or Parquet files with {symbol} in their path"
                f"{self._passed_over(symbol)}"
            )
        return min(days), max(days)

    def _files(self, symbol: str) -> TickFiles:
        if symbol not in self._scans:
            self._scans[symbol] = scan(self._root, symbol)
        return self._scans[symbol]

    def _passed_over(self, symbol: str) -> str:
        """What is in the folder and is no ticks of the symbol, and why; said once."""
        passed = self._files(symbol).passed_over
        if not passed or symbol in self._told:
            return ""
        self._told.add(symbol)
        shown = [f"\n  {path.relative_to(self._root)}: {why}" for path, why in passed.items()]
        more = f"\n  and {len(shown) - _SHOWN:,} more" if len(shown) > _SHOWN else ""
        return f". Passed over:{''.join(shown[:_SHOWN])}{more}"

    def _open(self, path: Path) -> CsvFile:
        if path not in self._opened:
            day = claimed_day(path, self._root)
            self._opened[path] = CsvFile(
                path, self._dialect, self._zone, dialects=self._dialects, named_day=day
            )
        file = self._opened[path]
        self._unpacked = [file, *(other for other in self._unpacked if other is not file)]
        for old in self._unpacked[_MOST_UNPACKED:]:
            old.release()
        del self._unpacked[_MOST_UNPACKED:]
        return file

    def _days_of(self, path: Path) -> list[date]:
        """Days of a CSV file; of one that is named for a day only its ends are read."""
        claimed = claimed_day(path, self._root)
        if claimed and _is_empty(path):
            return [claimed]
        file = self._open(path)
        if claimed is None:
            return file.days()
        if file.dialect.name == LANDING:
            return [claimed]
        days = file.edge_days()
        if not all(_is_beside(claimed, day) for day in days):
            raise _other_days(file, claimed)
        return sorted({claimed, *days})

    def _csv_day(self, day: SymbolDay, files: TickFiles) -> pa.Table | None:
        """Rows of the day in all CSV files; None where no file speaks of the day."""
        parts = []
        for path in files.csv:
            claimed = claimed_day(path, self._root)
            if claimed and not _is_beside(claimed, day.trading_day):
                continue
            if claimed not in (None, day.trading_day) and _is_empty(path):
                continue  # the day that it is named for meets it
            file = self._open(path)
            is_partition = file.dialect.name == LANDING and claimed is not None
            if is_partition and claimed != day.trading_day:
                continue
            if claimed and not _keeps_claim(file, claimed, day):
                continue
            rows = file.rows() if is_partition else file.rows_of(day)
            if rows.num_rows or claimed == day.trading_day:
                parts.append(rows)
        if not parts:
            return None
        notes = [note for part in parts for note in notes_in(part)]
        return noted(pa.concat_tables(parts).combine_chunks(), [*notes, *_copies(day, parts)])

    def _absent(self, day: SymbolDay) -> pa.Table:
        """A day without a file is closed where the calendar allows it, missing otherwise."""
        calendar, files = instrument_of(day.symbol).calendar, self._files(day.symbol)
        if is_closed(calendar, day) and (files.bi5 or files.json or files.csv):
            return empty_day()
        first, last = self.coverage(day.symbol)
        if first <= day.trading_day <= last and may_be_closed(calendar, day):
            return empty_day()
        raise MissingDataError(
            f"{day} is missing in {self._root}. Expected a day of {first} to {last} with ticks"
        )


def _copies(day: SymbolDay, parts: list[pa.Table]) -> list[str]:
    """Whether files have rows of the same time of the day: one may be a copy of the other."""
    spans = sorted(
        (bounds["min"], bounds["max"])
        for part in parts
        if (bounds := pc.min_max(part["ts_event"].cast(pa.int64())).as_py())["min"] is not None
    )
    if all(end < start for (_, end), (start, _) in pairwise(spans)):
        return []
    return [f"{len(spans)} files have rows of the same hours of {day}: is one a copy of another?"]


def _join_hours(day: SymbolDay, hours: dict[SymbolHour, Path], decode: _Decode) -> pa.Table:
    required = set(open_hours(day))
    parts = [empty_day()]
    for hour in hours_of(day):
        path = hours.get(hour)
        if path is not None:
            parts.append(decode(read_hour(path), hour, str(path)))
        elif hour in required:
            beside = next(iter(hours[other] for other in hours_of(day) if other in hours))
            raise MissingDataError(f"{hour} is missing. Expected its file beside {beside}, even if empty")
    return pa.concat_tables(parts).combine_chunks()


def _keeps_claim(file: CsvFile, claimed: date, day: SymbolDay) -> bool:
    """Whether the file has rows of the day it is named for and of no distant one; asked for that day, it must."""
    days = file.days()
    is_partition = file.dialect.name == LANDING  # its stray rows are landed with it, for cleaning to judge
    if not days or (claimed in days and (is_partition or all(_is_beside(claimed, other) for other in days))):
        return True
    if claimed != day.trading_day:
        return False
    raise _other_days(file, claimed)


def _is_empty(path: Path) -> bool:
    """Whether a file has no byte: it reaches into no day beside its own."""
    archive, member = archive_of(path)
    return not member and archive.stat().st_size == 0


def _is_beside(claimed: date, day: date) -> bool:
    return abs((claimed - day).days) <= 1


def _other_days(file: CsvFile, claimed: date) -> SourceError:
    rows = file.rows_by_day()
    first, last, total = min(rows), max(rows), sum(rows.values())
    span = str(first) if first == last else f"{first} to {last}"
    return SourceError(
        f"{file.path}: holds another day. Expected rows of {claimed}, was {span}: {total - rows.get(claimed, 0):,} "
        f"of its {total:,} rows are of other days. A file of several days must not have one in its path"
    )
