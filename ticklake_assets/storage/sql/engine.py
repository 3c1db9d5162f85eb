"""SQL over gold, the same text on every engine.

Write portable SQL: tables as `gold.bars`, `gold.features`, `gold.labels`, each with an alias; a time becomes
its UTC day by `CAST(t AS date)` (both sessions are in UTC); `COALESCE(x BETWEEN -1E300 AND 1E300, false)` is
true of finite numbers only, also on engines that order NaN differently. More of it in docs/sql.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, Protocol

import pyarrow as pa

from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.storage.sql.statement import Statement

GOLD_REFERENCE = re.compile(r"\bgold\.(bars|features|labels)\b", re.IGNORECASE)
"""A gold table in SQL text."""


@dataclass(frozen=True)
class View:
    """What a query sees of one gold table: a symbol's days, both ends included, as of a snapshot."""

    symbol: str
    first_day: date
    last_day: date
    snapshot_id: int | None = None
    """None: as of now."""

    def __post_init__(self) -> None:
        SymbolDay.parse(f"{self.symbol}|{self.first_day}")  # the symbol goes into SQL text


class QueryResult(NamedTuple):
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


class Answer(NamedTuple):
    """Rows that are fetched as they are asked for, so that there may be more of them than memory holds."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]


class SqlEngine(Protocol):
    """DuckDB inside this process, or a Trino server."""

    def query(self, sql: str, views: Mapping[str, View] | None = None) -> QueryResult:
        """Run one statement; tables that `views` doesn't name (`features`, ...) are whole and current.

        Raises:
            DataError: the engine refuses the SQL.
            TransientError: the engine does not answer.
        """

    def answer(self, statement: Statement, values: Mapping[str, str]) -> AbstractContextManager[Answer]:
        """Run a statement over gold as it is, its parameters bound to these texts; ends with the block.

        Raises:
            DataError: the engine refuses it; the message names line and column.
            TransientError: the engine does not answer; both may come while rows are fetched.
        """

    def batches(
        self, statement: Statement, values: Mapping[str, str]
    ) -> AbstractContextManager[pa.RecordBatchReader]:
        """As `answer`, but typed columns of many rows at once."""

    def close(self) -> None:
        """Give connections back."""
