"""SQL checks that gold must pass before it is frozen: each `.sql` file of the folder `sql` here is a check.

A file starts with a line that says what is counted, then `-- expect: = 0` (or `>= 1`, or `reported`); its
query answers with `value`, and with a text `AS detail` where it has several rows.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

from ticklake_assets.core.errors import DataError
from ticklake_assets.core.folds import Fold
from ticklake_assets.core.schemas import CONTEXT, LABELS, Column, names
from ticklake_assets.storage.datasets.check_results import CheckResult
from ticklake_assets.storage.datasets.sources import DaySource
from ticklake_assets.storage.sql.engine import SqlEngine, View

_FOLDER = Path(__file__).with_name("sql")
_EXPECT = "-- expect: "
_COMPARE: dict[str, Callable[[float, float], bool]] = {"=": operator.eq, ">=": operator.ge, "<=": operator.le}


@dataclass(frozen=True)
class CheckedWindow:
    """What is checked: a fold of one symbol in gold at pinned snapshots."""

    symbol: str
    fold: Fold
    feature_names: Sequence[str]
    label_table: tuple[Column, ...]
    min_open_ticks: int
    sources: Mapping[date, DaySource]
    """What each day of the fold was made from."""
    snapshots: Mapping[str, int]
    """Snapshot id of `bars`, `features`, `labels`."""
    committed: Mapping[str, int]
    """Rows of `features` and `labels` in the window by Iceberg's manifests."""

    def views(self) -> dict[str, View]:
        first, last = self.fold.days[0], self.fold.days[-1]
        return {name: View(self.symbol, first, last, snapshot) for name, snapshot in self.snapshots.items()}

    def values(self) -> dict[str, object]:
        """What the placeholders of the SQL files stand for: dates, integers and our own column names."""
        parts: dict[str, date] = {}
        for name in ("train", "validate", "test"):
            days: tuple[date, ...] = getattr(self.fold, name)
            parts |= {f"{name}_first": days[0], f"{name}_last": days[-1]}
        finite = " AND ".join(_is_finite(f"f.{name}") for name in (*names(CONTEXT), *self.feature_names))
        sources = ", ".join(
            f"(DATE '{day}', {source.raw_rows}, {source.quarantined})" for day, source in self.sources.items()
        )
        return {
            **parts,
            "as_of": self.fold.as_of,
            "min_open_ticks": self.min_open_ticks,
            "features_are_finite": finite,
            "a_label_is_missing": " OR ".join(self._missing_labels()),
            "sources": sources,
            **{f"committed_{table}": rows for table, rows in self.committed.items()},
        }

    def _missing_labels(self) -> Iterator[str]:
        """A price of an order may be NaN, the value of an added label not."""
        for column in self.label_table:
            if column in LABELS or column.type != "float64":
                yield f"l.{column.name} IS NULL"
            else:
                yield f"NOT {_is_finite(f'l.{column.name}')}"


class _Check(NamedTuple):
    name: str
    doc: str
    expectation: str
    query: str
    """Answers with `name`, `value` and `detail`, which is empty where there is none."""


def run_checks(engine: SqlEngine, window: CheckedWindow) -> list[CheckResult]:
    """Run every check, failing ones included, in the order of their names and details.

    All are one statement: a server spends more on taking one in than on the rows of a training set.
    """
    checks = [_read(path, window) for path in sorted(_FOLDER.glob("*.sql"))]
    answer = engine.query("\nUNION ALL\n".join(check.query for check in checks), window.views())
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    rows.sort(key=lambda row: str(row["detail"]))
    return [_result(check, row) for check in checks for row in rows if row["name"] == check.name]


def _is_finite(column: str) -> str:
    return f"COALESCE({column} BETWEEN -1E300 AND 1E300, false)"


def _read(path: Path, window: CheckedWindow) -> _Check:
    doc, expectation, sql = path.read_text().format_map(window.values()).split("\n", 2)
    if not expectation.startswith(_EXPECT):
        raise DataError(
            f"{path.name} says nothing on its second line. Expected {_EXPECT!r}, was {expectation!r}"
        )
    detail = "answer.detail" if " AS detail" in sql else "''"
    columns = f"'{path.stem}' AS name, CAST(answer.value AS double) AS value, {detail} AS detail"
    query = f"SELECT {columns}\nFROM (\n{sql.rstrip()}\n) AS answer"
    return _Check(path.stem, doc.removeprefix("-- "), expectation.removeprefix(_EXPECT), query)


def _result(check: _Check, row: Mapping[str, object]) -> CheckResult:
    value = float("nan") if row["value"] is None else float(str(row["value"]))
    label = f"{check.name}[{row['detail']}]" if row["detail"] else check.name
    if check.expectation == "reported":
        return CheckResult(label, value, check.expectation, True, check.doc)
    symbol, limit = check.expectation.split()
    passed = _COMPARE[symbol](value, float(limit))
    return CheckResult(label, value, check.expectation, passed, check.doc)
