"""A journaled day in whole columns, whatever messages it came in, and counted."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from ticklake_assets.core.cleaning import RawColumns
from ticklake_assets.core.features import FEATURES
from ticklake_assets.core.tables import Bytes, Floats, Ints
from ticklake_assets.journal.reading import JournaledDay
from ticklake_assets.journal.records import Batch
from ticklake_assets.journal.verdicts import status_of


class WholeDay(NamedTuple):
    """All ticks in the order in which they were taken in: as received, what was back-filled first."""

    ticks: RawColumns
    codes: Bytes
    """What became of each tick (`verdicts`)."""
    seq: Ints
    """Number of each tick, as its signal bears it."""
    received_us: Ints
    event_rows: Ints
    """Places of the ticks that made events."""
    event_ts_us: Ints
    features: Floats
    """Shape (m, features), as they were scored."""
    signals: list[list[dict[str, Any]]]
    """Of each event a signal a model, the champion's first."""

    @classmethod
    def of(cls, journaled: JournaledDay) -> WholeDay:
        batches = list(journaled.batches) or [_nothing()]
        sizes = [len(batch.codes) for batch in batches]
        starts = np.cumsum([0, *sizes[:-1]])
        rows = [
            batch.event_rows.astype(np.int64) + start for batch, start in zip(batches, starts, strict=True)
        ]
        features = [batch.features for batch in batches if len(batch.event_rows)]
        return cls(
            RawColumns.joined([batch.ticks for batch in batches]),
            np.concatenate([batch.codes for batch in batches]),
            np.concatenate(
                [np.arange(batch.first_seq, batch.first_seq + len(batch.codes)) for batch in batches]
            ),
            np.repeat([batch.received_us for batch in batches], sizes),
            np.concatenate(rows),
            np.concatenate([batch.event_ts_us for batch in batches]),
            np.concatenate(features) if features else np.empty((0, len(FEATURES))),
            [signals for batch in batches for signals in batch.signals],
        )

    def counted(self) -> DayCounts:
        codes, counts = np.unique(self.codes, return_counts=True)
        ticks, rules = Counter[str](), Counter[str]()
        for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
            status, rule = status_of(code)
            ticks[status] += count
            if rule is not None:
                rules[rule] += count
        answered = [signals[0] for signals in self.signals if signals]
        return DayCounts(
            dict(ticks),
            dict(rules),
            len(self.event_rows),
            dict(Counter(signal["side"] for signal in answered)),
            dict(Counter(reason for signal in answered for reason in signal["abstain"])),
            sorted({signal["bundle"] for signals in self.signals for signal in signals}),
        )


class DayCounts(NamedTuple):
    ticks: dict[str, int]
    """By status."""
    quarantined: dict[str, int]
    """By rule."""
    events: int
    signals: dict[str, int]
    """The champion's, which were answered, by side."""
    abstentions: dict[str, int]
    """Of these, by reason."""
    bundles: list[str]
    """Digests of all models that scored, shadows too."""


def _nothing() -> Batch:
    ints, floats = np.empty(0, np.int64), np.empty(0)
    ticks = RawColumns(ints, floats, floats, floats, floats, np.empty(0, np.uint8))
    events = np.empty(0, np.uint32), ints, np.empty((0, 0))
    return Batch(0, 0, ticks, np.empty(0, np.int8), *events, [])
