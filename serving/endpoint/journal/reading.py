"""What a journal says, for those who did not write it: served features, ticks, signals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson

from serving.endpoint.journal.day_journal import newest
from serving.endpoint.journal.frames import BATCH, CONTROL, HEADER, read_frames
from serving.endpoint.journal.records import NO_SEQ, Batch, unpack
from ticklake_assets.core.errors import DataError, MissingDataError
from ticklake_assets.core.features import FEATURES
from ticklake_assets.core.symbol_day import SymbolDay
from ticklake_assets.core.tables import Floats


@dataclass
class JournaledDay:
    """A stream of a symbol-day as its file tells it."""

    path: Path
    header: dict[str, Any]
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
        has_gap = any(later.first_seq != batch.last_seq + 1 for batch, later in pairwise(numbered))
        return bool(self.header["complete"]) and not has_gap

    @property
    def is_sealed(self) -> bool:
        return any(told["what"] == "sealed" for told in self.controls)


def read_journal(path: Path) -> JournaledDay:
    """Read a journal file; what a killed server left half-written at its end does not count.

    Raises:
        DataError: no header, or a frame that was changed.
    """
    frames = read_frames(path)
    first = next(frames, None)
    if first is None or first.kind != HEADER:
        raise DataError(f"{path}: Expected a header, was none")
    day = JournaledDay(path, orjson.loads(first.payload))
    for found in frames:
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
    return read_journal(path)


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
