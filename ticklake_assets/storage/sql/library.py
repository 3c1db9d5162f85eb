"""Research queries as `.sql` files that explain themselves; the library of them lies in `ticklake_assets/sql`.

A file begins with comments: what it answers, then a line for each parameter, `-- param minutes = 5: width of a
bar` (without `=` it must be given), and for each column of the answer, `-- column bar_end: close of the bar, UTC`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ticklake_assets.core.errors import MissingDataError
from ticklake_assets.storage.sql.statement import Statement

FOLDER = Path(__file__).parents[2] / "sql"

_PARAMETER = re.compile(r"^-- param (\w+)(?: = ([^:\n]+))?: (.+)$", re.MULTILINE)
_COLUMN = re.compile(r"^-- column (\w+)", re.MULTILINE)


@dataclass(frozen=True)
class SqlFile:
    """One file and what its comments say."""

    name: str
    text: str

    @classmethod
    def find(cls, name_or_path: str) -> SqlFile:
        """A query of the library by its name (`bars`), any other by its path (`my/bars.sql`)."""
        is_path = not re.fullmatch(r"\w+", name_or_path)
        path = Path(name_or_path) if is_path else FOLDER / f"{name_or_path}.sql"
        if not path.is_file():
            known = ", ".join(file.name for file in library())
            raise MissingDataError(f"Expected an SQL file or one of {known}; was {name_or_path!r}")
        return cls(path.stem, path.read_text())

    @property
    def doc(self) -> str:
        """Its first line: what it answers."""
        return self.text.partition("\n")[0].removeprefix("-- ")

    @property
    def parameters(self) -> dict[str, str]:
        """Meaning of each parameter."""
        return {name: meaning for name, _, meaning in _PARAMETER.findall(self.text)}

    @property
    def defaults(self) -> dict[str, str]:
        """Value of each parameter that need not be given."""
        return {name: default for name, default, _ in _PARAMETER.findall(self.text) if default}

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the answer's columns."""
        return tuple(_COLUMN.findall(self.text))

    @property
    def statement(self) -> Statement:
        return Statement(self.text)


def library() -> list[SqlFile]:
    """All queries of the library, by name."""
    return [SqlFile(path.stem, path.read_text()) for path in sorted(FOLDER.glob("*.sql"))]
