"""A question to gold, asked by the command that people ask by: it is read-only there, and a child process here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from serving.pipeline.sources.commands import Commands
from ticklake_assets.core.errors import DataError
from ticklake_assets.storage.sql.library import library

MOST_ROWS = 2000
FILES = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
_FILE_ROWS = 1_000_000


@dataclass(frozen=True)
class Found:
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    is_cut: bool

    @property
    def numeric(self) -> tuple[str, ...]:
        """Columns that a chart can draw."""
        return tuple(
            name
            for at, name in enumerate(self.columns)
            if any(isinstance(row[at], int | float) for row in self.rows)
            and all(isinstance(row[at], int | float | None) for row in self.rows)
        )


def asked(commands: Commands, statement: str, name: str, values: Mapping[str, str]) -> Found:
    """At most 2,000 rows of a statement, or of a query of the library; TicklakeError with the engine's own words."""
    words = [*_words(statement, name, values), "--format", "json", "--limit", str(MOST_ROWS + 1)]
    told = json.loads(commands.run(*words) or "[]")
    columns = tuple(told[0]) if told else ()
    rows = tuple(tuple(row[column] for column in columns) for row in told[:MOST_ROWS])
    return Found(columns, rows, len(told) > MOST_ROWS)


def file_of(commands: Commands, statement: str, name: str, values: Mapping[str, str], form: str) -> bytes:
    """All rows, up to a million, as a file."""
    if form not in FILES:
        raise DataError(f"Expected a file of {', '.join(FILES)}, was {form!r}")
    words = [*_words(statement, name, values), "--format", form, "--limit", str(_FILE_ROWS)]
    if form == "csv":
        return f"{commands.run(*words)}\n".encode()
    with TemporaryDirectory(prefix="ticklake-sql-") as folder:
        out = Path(folder) / "answer.parquet"
        commands.run(*words, "--out", str(out))
        return out.read_bytes()


def figures(found: Found, x: str, y: str) -> dict[str, Any] | None:
    """A line of two columns; None where they are no numbers."""
    if x not in found.numeric or y not in found.numeric:
        return None
    at, of = found.columns.index(x), found.columns.index(y)
    rows = sorted((row[at], row[of]) for row in found.rows if row[at] is not None and row[of] is not None)
    return {
        "x": x,
        "series": [{"label": y, "digits": 4}],
        "columns": [[row[0] for row in rows], [row[1] for row in rows]],
    }


def _words(statement: str, name: str, values: Mapping[str, str]) -> list[str]:
    """A query of the library by its name alone: its file is never a path that somebody typed."""
    if name:
        file = next((each for each in library() if each.name == name), None)
        if file is None:
            raise DataError(f"Expected a query of {', '.join(each.name for each in library())}, was {name!r}")
        given = [f"--param={key}={values[key]}" for key in file.parameters if values.get(key)]
        return ["sql", "--file", name, *given]
    if not statement.strip() or statement.lstrip().startswith("-"):
        raise DataError("Expected a statement that begins with SELECT, WITH, VALUES, DESCRIBE or EXPLAIN")
    return ["sql", statement]
