"""`ticklake sql`: a question to gold, answered by the configured engine."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import closing

from rich.console import Console
from rich.table import Column, Table

from ticklake_assets.commands.opening import gold_tables
from ticklake_assets.commands.sql_output import OUTPUTS
from ticklake_assets.core.errors import SetupError
from ticklake_assets.settings import Settings
from ticklake_assets.storage.sql.library import SqlFile, library
from ticklake_assets.storage.sql.opening import open_engine

ROWS_IN_A_TABLE = 100
"""Rows that a table shows without --limit; csv and json have them all."""


def ask(
    settings: Settings,
    text: str | None,
    file: str | None,
    given: Sequence[str],
    form: str | None,
    limit: int | None,
) -> None:
    """Run one statement, written out or from a file, and print its rows as `form`, at most `limit` of them.

    Without a form a terminal gets a table, a pipe or a file csv.
    """
    if (text is None) == (file is None):
        raise SetupError("Expected one of a statement, --file NAME or --list")
    asked = SqlFile("statement", text) if text is not None else SqlFile.find(file or "")
    values = {**asked.defaults, **_values(given)}
    form = form or ("table" if sys.stdout.isatty() else "csv")
    if form not in OUTPUTS:
        raise SetupError(f"Expected --format {', '.join(OUTPUTS)}; was {form!r}")
    if form == "table" and limit is None:
        limit = ROWS_IN_A_TABLE
    statement = asked.statement
    statement.chosen(values)  # refused before anything is opened
    gold = gold_tables(settings)
    with (
        gold,
        closing(open_engine(settings.sql_url, gold)) as engine,
        engine.answer(statement, values) as answer,
    ):
        OUTPUTS[form](answer, limit)


def show_library(console: Console) -> None:
    """List the queries of `--file NAME` with their parameters."""
    table = Table("name", Column("answers", overflow="fold"), "parameters")
    for file in library():
        named = [f"{name}={file.defaults.get(name, '...')}" for name in file.parameters]
        table.add_row(file.name, file.doc, "\n".join(named))
    console.print(table)


def _values(given: Sequence[str]) -> Mapping[str, str]:
    pairs = [each.partition("=") for each in given]
    for name, sign, _ in pairs:
        if not sign or not name.isidentifier():
            raise SetupError(f"Expected --param name=value, was {name + sign!r}")
    return {name: value for name, _, value in pairs}
