"""What was served: each event's features and signals, on disk before they are answered.

One JSON-lines file a start of a symbol-day (`SYMBOL/DAY/0001.jsonl`), never rewritten. The first line is a
header; JSON numbers are shortest representations, so features read back with the same bits.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson

from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.features import FEATURES, KERNEL_VERSION
from ticklake_assets.core.schemas import names
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Floats


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


class ServedJournal:
    """The open file of a day's current stream. Unbuffered: a killed server loses nothing that it answered."""

    def __init__(self, root: Path, day: SymbolDay, *, complete: bool) -> None:
        folder = _folder(root, day)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = folder / f"{_newest(folder) + 1:04}.jsonl"
        self._file = open(self.path, "xb", buffering=0, opener=_for_its_owner)  # noqa: SIM115 until `close`
        header = {
            "symbol": day.symbol,
            "trading_day": day.trading_day.isoformat(),
            "kernel_version": KERNEL_VERSION,
            "features": names(FEATURES),
            "complete": complete,
        }
        self._write(header)

    def event(self, ts_us: int, features: Floats, signals: list[dict[str, Any]]) -> None:
        self._write({"ts_us": ts_us, "features": features, "signals": signals})

    def incomplete(self, seq: int) -> None:
        """Record that ticks before `seq` are missing."""
        self._write({"incomplete_from_seq": seq})

    def close(self) -> None:
        self._file.close()

    def _write(self, record: dict[str, Any]) -> None:
        line = orjson.dumps(record, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE)
        if self._file.write(line) != len(line):
            raise OSError(f"{self.path}: short write. Expected {len(line)} bytes")


class Served(NamedTuple):
    matrix: Floats
    """Shape (n, 1 + features): `ts_us`, then the features, in event order."""
    complete: bool
    """Whether the stream held the whole day so far."""


def read_served(root: Path, day: SymbolDay) -> Served:
    """Read the newest stream of a day; a last line that a killed server left half-written does not count."""
    folder = _folder(root, day)
    newest = _newest(folder)
    if newest == 0:
        raise MissingDataError(f"Nothing was served for {day}. Expected a stream of that day, was none")
    path = folder / f"{newest:04}.jsonl"
    content = path.read_bytes()
    lines = [orjson.loads(line) for line in content[: content.rfind(b"\n") + 1].splitlines()]
    if not lines:
        raise DataError(f"{path}: Expected a header, was an empty file")
    events = [line for line in lines if "features" in line and "ts_us" in line]
    matrix = np.empty((len(events), 1 + len(FEATURES)), dtype=np.float64)
    for row, event in zip(matrix, events, strict=True):
        row[0], row[1:] = event["ts_us"], event["features"]
    lost = any("incomplete_from_seq" in line for line in lines)
    return Served(matrix, lines[0]["complete"] and not lost)


def _folder(root: Path, day: SymbolDay) -> Path:
    return root / day.symbol / day.trading_day.isoformat()


def _newest(folder: Path) -> int:
    return max((int(path.stem) for path in folder.glob("*.jsonl")), default=0)
