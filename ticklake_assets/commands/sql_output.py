"""Rows of an SQL answer as a table, csv or json on standard output.

Times are UTC in ISO 8601 with a Z. csv leaves out what is missing and writes NaN; json has no NaN: null.
csv and json are written as the rows come, so an answer may be larger than memory.
"""

from __future__ import annotations

import csv
import json
import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

import pyarrow as pa
from rich.console import Console
from rich.table import Table

from ticklake_assets.storage.sql.engine import Answer

_WIDEST = 100_000
"""Characters of a table's line; a terminal wraps what it cannot show."""


def show_table(answer: Answer, limit: int | None) -> None:
    """A table as wide as it must be, and a line that says whether there are more rows."""
    table = Table()
    rows = list(islice(answer.rows, limit))
    for at, name in enumerate(answer.columns):
        numbers = all(isinstance(row[at], int | float | None) for row in rows)
        table.add_column(name, justify="right" if numbers else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(f"{value:.10g}" if isinstance(value, float) else str(_cell(value)) for value in row))
    more = next(answer.rows, None) is not None
    wanted = Console(width=_WIDEST, markup=False, emoji=False).measure(table).maximum
    # Values are text as it is: neither markup nor emoji codes mean anything in them.
    console = Console(width=max(wanted, Console().width), markup=False, emoji=False)
    console.print(table)
    count = f"{len(rows):,} {'row' if len(rows) == 1 else 'rows'}"
    console.print(
        f"{count}, and there are more: --limit, or --format csv" if more else count, highlight=False
    )


def write_csv(answer: Answer, limit: int | None) -> None:
    """A header and a line a row."""
    with standard_output():
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(answer.columns)
        writer.writerows(map(_cell, row) for row in islice(answer.rows, limit))


def write_json(answer: Answer, limit: int | None) -> None:
    """One array of objects, an object a line."""
    with standard_output():
        before = "[\n"
        for row in islice(answer.rows, limit):
            values = {name: _finite(_plain(value)) for name, value in zip(answer.columns, row, strict=True)}
            sys.stdout.write(before + json.dumps(values, default=str))
            before = ",\n"
        sys.stdout.write("[]\n" if before == "[\n" else "\n]\n")


def write_arrow(batches: pa.RecordBatchReader) -> None:
    """An Arrow stream."""
    with standard_output(), pa.ipc.new_stream(sys.stdout.buffer, batches.schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


OUTPUTS: dict[str, Callable[[Answer, int | None], None]] = {
    "table": show_table,
    "csv": write_csv,
    "json": write_json,
}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        text = (value.astimezone(UTC) if value.tzinfo else value).isoformat(timespec="microseconds")
        return text.replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value


def _cell(value: Any) -> Any:
    """What a cell of text shows; most values as they are, and fast: an answer may have millions."""
    if type(value) in (float, str, int):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else _plain(value)


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


@contextmanager
def standard_output() -> Iterator[None]:
    """End quietly when whoever reads has seen enough, as `head` has."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more at its end
