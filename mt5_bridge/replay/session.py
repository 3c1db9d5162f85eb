"""One replay's identity, and where its memory lies."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mt5_bridge.append_log import ChainedLog, Record


@dataclass(frozen=True)
class Session:
    """A day's file under one bundle: one paper account, that another day, file or bundle does not touch.

    A replay starts at the day's first tick. What an account did before would be ahead of that, so only the
    very same replay may find its journal again.
    """

    symbol: str
    trading_day: date
    csv_sha256: str
    bundle: str | None
    """None where the endpoint has no model of the symbol: then no signal comes."""

    @classmethod
    def of(cls, symbol: str, trading_day: date, csv: Path, bundle: str | None) -> Session:
        with csv.open("rb") as file:
            return cls(symbol, trading_day, hashlib.file_digest(file, "sha256").hexdigest(), bundle)

    def journal_log(self, folder: Path) -> ChainedLog:
        """The bridge's own memory."""
        return ChainedLog(folder / f"{self._name}.jsonl", self._whose("bridge"))

    def terminal_log(self, folder: Path) -> ChainedLog:
        """The paper terminal's memory, which stands for the broker's."""
        return ChainedLog(folder / f"{self._name}.terminal.jsonl", self._whose("paper terminal"))

    def broker_log(self, folder: Path) -> Path:
        """Where a simulated broker keeps its own log."""
        return folder / f"{self._name}.broker.jsonl"

    def _whose(self, writer: str) -> Record:
        day = self.trading_day.isoformat()
        facts = {
            "symbol": self.symbol,
            "trading_day": day,
            "csv_sha256": self.csv_sha256,
            "bundle": self.bundle,
        }
        return {"writer": writer, **facts}

    @property
    def _name(self) -> str:
        """
        >>> Session("EURUSD", date(2024, 1, 15), "c" * 64, "b" * 64)._name
        'EURUSD_2024-01-15_053a75a9bd5c62be'
        """
        identity = hashlib.sha256(f"{self.csv_sha256}|{self.bundle or ''}".encode()).hexdigest()[:16]
        return f"{self.symbol}_{self.trading_day}_{identity}"
