"""The calendar file: windows of news and rollovers, a CSV that is refused by file and line.

    kind,of,start,end,zone,note
    news,USD,2024-01-05T08:25,2024-01-05T08:45,America/New_York,payrolls
    rollover,*,16:55,17:15,America/New_York,swaps are booked
    news,EURUSD GBPUSD,Thu 13:10,Thu 13:50,,weekly

`of` lists symbols or currencies, or is `*`. Start and end are moments, times of every day, or times of a weekday; the
start belongs to the window, the end does not. No zone is UTC.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from pydantic import ValidationError

from mt5_bridge.errors import LimitsError
from mt5_bridge.risk.windows import Window

COLUMNS = ("kind", "of", "start", "end", "zone", "note")


def read_calendar(path: Path) -> tuple[Window, ...]:
    """The windows of a calendar file; LimitsError with its line where one misfits."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise LimitsError(f"{path}: {error.strerror}. Expected a calendar file") from error
    except UnicodeDecodeError as error:
        raise LimitsError(
            f"{path}: Expected a calendar in UTF-8, was byte {error.object[error.start]:#x}"
        ) from error
    rows = csv.reader(io.StringIO(text), strict=True)
    windows: list[Window] = []
    try:
        header = next(rows, [])
        if tuple(header) != COLUMNS:
            raise LimitsError(
                f"{path}, line 1: Expected the header {','.join(COLUMNS)}, was {','.join(header)!r}"
            )
        for row in rows:
            if row:
                windows.append(_window(row, f"{path}, line {rows.line_num}"))  # noqa: PERF401 - the line is told
    except csv.Error as error:
        raise LimitsError(f"{path}, line {rows.line_num}: Expected a row of CSV ({error})") from error
    return tuple(windows)


def _window(row: list[str], where: str) -> Window:
    if len(row) != len(COLUMNS):
        raise LimitsError(f"{where}: Expected {len(COLUMNS)} columns, was {len(row)}")
    kind, of, start, end, zone, note = (value.strip() for value in row)
    values = {"kind": kind, "of": of.split(), "start": start, "end": end, "zone": zone or "UTC", "note": note}
    try:
        return Window.model_validate(values)
    except ValidationError as error:
        raise LimitsError(f"{where}: {said(error)}") from None


def said(error: ValidationError) -> str:
    """The first thing that misfits, by its name."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"] if not str(part).startswith("function-"))
    words = first["msg"].removeprefix("Value error, ")
    was = "" if "was " in words else f", was {first['input']!r:.80}"
    return f"{name}: {words}{was}" if name else f"{words}{was}"
