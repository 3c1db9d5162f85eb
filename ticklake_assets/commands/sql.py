"""`ticklake sql`: a question to gold, answered by the configured engine."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pyarrow as pa
from rich.console import Console
from rich.table import Column, Table

from ticklake_assets.commands.opening import gold_tables
from ticklake_assets.commands.sql_output import OUTPUTS, write_arrow
from ticklake_assets.commands.table_files import form_of, write_file
from ticklake_assets.core.errors import SetupError
from ticklake_assets.settings import Settings
from ticklake_assets.storage.sql.library import SqlFile, library
from ticklake_assets.storage.sql.opening import open_engine

_COLUMNAR = ("parquet", "arrow")
ROWS_IN_A_TABLE = 100
"""Rows that a table shows without --limit; csv and json have them all."""


def ask(
    settings: Settings,
    text: str | None,
    file: str | None,
    given: Sequence[str],
    form: str | None,
    limit: int | None,
    out: Path | None = None,
) -> None:
    """Run one statement, written out or from a file, and print its rows as `form`, at most `limit` of them.

    Without a form a terminal gets a table, a pipe or a file csv. Parquet goes to the file `out`, arrow there, too, or
    as a stream to standard output.
    """
    if (text is None) == (file is None):
        raise SetupError("Expected one of a statement, --file NAME or --list")
    asked = SqlFile("statement", text) if text is not None else SqlFile.find(file or "")
    values = {**asked.defaults, **_values(given)}
    form = form or (form_of(out) if out else "table" if sys.stdout.isatty() else "csv")
    _expect_output(form, out)
    if form == "table" and limit is None:
        limit = ROWS_IN_A_TABLE
    statement = asked.statement
    statement.chosen(values)  # refused before anything is opened
    gold = gold_tables(settings)
    with (
        gold,
        closing(open_engine(settings.sql_url, gold)) as engine,
    ):
        if form in OUTPUTS:
            with engine.answer(statement, values) as answer:
                OUTPUTS[form](answer, limit)
        else:
            with engine.batches(statement, values) as batches:
                _write(_first(batches, limit), form, out)


def show_library(console: Console) -> None:
    """List the queries of `--file NAME` with their parameters."""
    table = Table("name", Column("answers", overflow="fold"), "parameters")
    for file in library():
        named = [f"{name}={file.defaults.get(name, '...')}" for name in file.parameters]
        table.add_row(file.name, file.doc, "\n".join(named))
    console.print(table)


def _expect_output(form: str, out: Path | None) -> None:
    if form not in (*OUTPUTS, *_COLUMNAR):
        raise SetupError(f"Expected --format {', '.join((*OUTPUTS, *_COLUMNAR))}; was {form!r}")
    if form in OUTPUTS and out is not None:
        raise SetupError(f"Expected --out with parquet or arrow, was {form}: redirect it, > {out}")
    if out is not None and form_of(out) != form:
        raise SetupError(f"Expected --out FILE.{form} with --format {form}, was {out}")
    if out is None and (form == "parquet" or (form == "arrow" and sys.stdout.isatty())):
        raise SetupError(f"Expected --out FILE.{form}{', or a pipe' if form == 'arrow' else ''}; was neither")


def _write(batches: pa.RecordBatchReader, form: str, out: Path | None) -> None:
    if out is None:
        write_arrow(batches)
    else:
        write_file(batches, out, form)


def _first(batches: pa.RecordBatchReader, limit: int | None) -> pa.RecordBatchReader:
    """At most so many rows."""
    if limit is None:
        return batches

    def cut(left: int) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            if left <= 0:
                return
            yield batch.slice(0, left)
            left -= batch.num_rows

    return pa.RecordBatchReader.from_batches(batches.schema, cut(limit))


def _values(given: Sequence[str]) -> Mapping[str, str]:
    pairs = [each.partition("=") for each in given]
    for name, sign, _ in pairs:
        if not sign or not name.isidentifier():
            raise SetupError(f"Expected --param name=value, was {name + sign!r}")
    return {name: value for name, _, value in pairs}
