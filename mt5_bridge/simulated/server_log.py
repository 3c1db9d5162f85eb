"""The server's log: whatever one quote or one request changes is one line of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from mt5_bridge.append_log import ChainedLog
from mt5_bridge.simulated.ledger import Entry
from mt5_bridge.simulated.market import Market, Place
from mt5_bridge.simulated.rows import read_row, row_record


class Line(NamedTuple):
    """What was changed, and where the market stood."""

    entries: list[Entry]
    place: Place
    now_us: int


class ServerLog:
    """Of a broker with this identity; without a path its lines are forgotten.

    Raises JournalError for another broker's log, and for a line that was changed, taken out or put in.
    """

    def __init__(self, path: Path | None, identity: str) -> None:
        self._file = None if path is None else ChainedLog(path, {"broker": identity})
        self.unwritten: list[Entry] = []
        """Put into the books, and written with the next line."""

    @property
    def head(self) -> str:
        """Hash of the newest line; empty without a path."""
        return self._file.head if self._file else ""

    def holds(self, head: str) -> bool:
        """Whether one of the lines has this hash."""
        return self._file is not None and self._file.holds(head)

    def lines(self) -> Iterator[Line]:
        """What the log held when it was opened."""
        for record in self._file.records if self._file else ():
            entries = [(row["login"], read_row(row)) for row in record["rows"]]
            yield Line(entries, Place(record["quote_us"], record["passed"]), record["now_us"])

    @contextmanager
    def line(self, market: Market) -> Iterator[None]:
        """Write what changes within as one line, once it is whole, and wait until the disk has it."""
        yield
        if self.unwritten:
            rows = [{**row_record(row), "login": login} for login, row in self.unwritten]
            self.unwritten.clear()
            if self._file:
                line = {"kind": "rows", "now_us": market.now_us, **market.place._asdict(), "rows": rows}
                self._file.append(line, durable=True)

    def close(self) -> None:
        if self._file:
            self._file.close()
