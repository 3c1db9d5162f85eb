"""Which dialect a table is in: by its header, or where it has none by its first rows."""

from __future__ import annotations

from datetime import date
from fnmatch import fnmatch

import polars as pl

from ticklake_assets.core.errors import SourceError
from ticklake_assets.sources.csv_dialects import ISO_UTC, Dialect, names_in
from ticklake_assets.sources.csv_rows import CsvText, parse_rows, split_fields
from ticklake_assets.sources.csv_times import parse_times
from ticklake_assets.sources.dialect_files import built_in, dialect_named
from ticklake_assets.sources.parquet_text import NAIVE
from ticklake_assets.sources.tick_text import GZIP

_SHOWN = 120
"""Characters of an unknown header in the error: a file that is no CSV has lines of any length."""
_TRIED_ROWS = 20
_ANY_DAY = date(2000, 1, 1)


def recognise(
    lines: bytes,
    where: str,
    dialects: tuple[Dialect, ...],
    name: str = "",
    *,
    day: date | None = None,
    is_parquet: bool = False,
) -> Dialect:
    """Find the dialect of a table's first lines, with the one layout that its times have.

    With `name` only that one will do; a user's own goes before one of the package. Columns of a Parquet file may be
    in any order. Raises SourceError where none fits, or several.
    """
    known = (dialect_named(name, dialects),) if name else dialects
    own = {dialect.name for dialect in known if dialect not in built_in()}
    first, *rows = lines.splitlines(keepends=True)[: _TRIED_ROWS + 1] or [b""]
    header = first.decode(errors="replace")
    if is_parquet:
        known = tuple(_as_ordered(dialect, header) for dialect in known if dialect.header)
    fitting = [dialect for dialect in known if dialect.matches(header)]
    if fitting:
        tried = b"".join(rows)
    else:
        tried = b"".join([first.removeprefix(b"\xef\xbb\xbf"), *rows])
        fitting = [
            dialect
            for dialect in known
            if not dialect.header
            and (name or _is_named_so(dialect, where))
            and _reads(dialect, CsvText(tried, where, 1, day))
        ]
    fitting = [dialect for dialect in fitting if dialect.name in own] or fitting
    if len(fitting) > 1:
        names = " and ".join(dialect.name for dialect in fitting)
        raise SourceError(
            f"{where}: fits the dialects {names}. Expected one: say which by TICKLAKE_SOURCE_DIALECT"
        )
    if not fitting:
        raise _unknown(header, where, known)
    return _with_its_layout(fitting[0], CsvText(tried, where, 1, day))


def _is_named_so(dialect: Dialect, where: str) -> bool:
    name = where.rpartition("/")[2].lower().removesuffix(GZIP)
    return not dialect.files or fnmatch(name, dialect.files.lower())


def _reads(dialect: Dialect, text: CsvText) -> bool:
    """Whether the first of the rows, at least, are quotes in this dialect."""
    # Without a day times since midnight are none, which the reader says better than that the header is unknown.
    first = text._replace(data=text.data.partition(b"\n")[0], day=text.day or _ANY_DAY)
    for layout in dialect.times:
        try:
            parse_rows(first, dialect.with_layout(layout), {})
        except SourceError:
            continue
        return bool(first.data.strip())
    return False


def _with_its_layout(dialect: Dialect, text: CsvText) -> Dialect:
    """The dialect with the first of its layouts that reads the first time there is."""
    if len(dialect.times) == 1:
        return dialect
    try:
        fields = split_fields(text, dialect)
    except SourceError:  # of a row that a reader will name
        fields = pl.DataFrame(schema=dict.fromkeys(dialect.columns, pl.String))
    for layout in dialect.times:
        one = dialect.with_layout(layout)
        times = parse_times(fields, one, text.day).ts_us
        if times.null_count() < len(times):
            return one
    return dialect.with_layout(dialect.times[0])


def _as_ordered(dialect: Dialect, header: str) -> Dialect:
    """The dialect of a Parquet file with the same columns, in the file's order, its times timestamps or as declared."""
    of_name = dict(zip(names_in(dialect.header, dialect.delimiter), dialect.columns, strict=True))
    names = names_in(header, ",")
    if of_name.keys() != set(names) or len(names) != len(of_name):
        return dialect
    return dialect.model_copy(
        update={
            "header": header.strip(),
            "columns": tuple(of_name[name] for name in names),
            "delimiter": ",",
            "decimal": ".",
            "times": (*dialect.times, ISO_UTC, NAIVE),
            "zone": dialect.zone or "UTC",
        }
    )


def _unknown(header: str, where: str, known: tuple[Dialect, ...]) -> SourceError:
    listing = "\n".join(
        f"  {dialect.name}: {dialect.header!r}"
        if dialect.header
        else f"  {dialect.name}: {dialect.shown_header}"
        for dialect in known
    )
    return SourceError(
        f"{where}: unknown CSV header. Expected one of\n{listing}\n"
        f"(yours can be declared: docs/dialects.md), was {header.rstrip()[:_SHOWN]!r}"
    )
