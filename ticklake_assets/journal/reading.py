"""What a journal says, for those who did not write it: served features, ticks, signals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import orjson

from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.features import FEATURES
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Floats
from ticklake_assets.journal.folders import newest
from ticklake_assets.journal.frames import BATCH, CONTROL, HEADER, read_frames
from ticklake_assets.journal.records import NO_SEQ, Batch, unpack


@dataclass
class JournaledDay:
    """A stream of a symbol-day as its file tells it."""

    path: Path
    header: dict[str, Any]
    end: int
    """Of the last whole frame, bytes."""
    records: list[Batch | dict[str, Any]] = field(default_factory=list)
    """Batches of ticks, and controls, in the order in which they were written."""

    @property
    def batches(self) -> Iterator[Batch]:
        return (record for record in self.records if isinstance(record, Batch))

    @property
    def controls(self) -> Iterator[dict[str, Any]]:
        return (record for record in self.records if isinstance(record, dict))

    @property
    def complete(self) -> bool:
        """Whether the stream held the whole day so far."""
        numbered = [batch for batch in self.batches if batch.first_seq != NO_SEQ]
        last_seq = self.header.get("last_seq")  # of the day before, whose stream turned to this one
        has_gap = bool(numbered) and last_seq is not None and numbered[0].first_seq != last_seq + 1
        has_gap |= any(later.first_seq != batch.last_seq + 1 for batch, later in pairwise(numbered))
        return bool(self.header["complete"]) and not has_gap

    def expected_of(self, day: SymbolDay) -> Self:
        """The same where it is the day's; a DataError where it is another's."""
        found = self.header["symbol"], self.header["trading_day"]
        if found != (day.symbol, day.trading_day.isoformat()):
            raise DataError(f"{self.path}: Expected the journal of {day}, was that of {'|'.join(found)}")
        return self

    @property
    def is_sealed(self) -> bool:
        return any(told["what"] == "sealed" for told in self.controls)


def read_journal(path: Path, content: bytes | None = None) -> JournaledDay:
    """Read a journal file, or its `content` where it lies elsewhere; a half-written end does not count.

    Raises:
        DataError: no header, or a frame that was changed.
    """
    frames = read_frames(path, content)
    first = next(frames, None)
    if first is None or first.kind != HEADER:
        raise DataError(f"{path}: Expected a header, was none")
    day = JournaledDay(path, orjson.loads(first.payload), first.end)
    for found in frames:
        day.end = found.end
        if found.kind == BATCH:
            day.records.append(unpack(found.payload))
        elif found.kind == CONTROL:
            day.records.append(orjson.loads(found.payload))
    return day


def read_newest(root: Path, day: SymbolDay) -> JournaledDay:
    """A day's newest stream; MissingDataError where there is none."""
    path = newest(root, day)
    if path is None:
        raise MissingDataError(f"Nothing was served for {day}. Expected a stream of that day, was none")
    return read_journal(path).expected_of(day)


def read_day(day: SymbolDay, content: bytes, name: str) -> JournaledDay:
    """Read the bytes of a journal that must be the day's.

    Raises:
        DataError: it is another day's, or no journal.
    """
    return read_journal(Path(name), content).expected_of(day)


class Served(NamedTuple):
    matrix: Floats
    """Shape (n, 1 + features): `ts_us`, then the features, in event order."""
    complete: bool
    """Whether the stream held the whole day so far."""


def read_served(root: Path, day: SymbolDay) -> Served:
    """The features that a day's newest stream was scored with."""
    journaled = read_newest(root, day)
    parts = [np.empty((0, 1 + len(FEATURES)))]
    parts += [
        np.column_stack((each.event_ts_us, each.features))
        for each in journaled.batches
        if len(each.event_rows)
    ]
    return Served(np.concatenate(parts), journaled.complete)
