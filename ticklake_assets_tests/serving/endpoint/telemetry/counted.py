"""Batches as the endpoint counts them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ticklake_assets.core.cleaning import RawColumns
from ticklake_assets.journal.records import Batch


def batch_of(codes: list[int], signals: list[list[dict[str, Any]]]) -> Batch:
    """A batch of which only what is counted is filled in; each item of `signals` is an event's."""
    rows, events = len(codes), len(signals)
    columns = RawColumns(
        np.zeros(rows, np.int64), *(np.zeros(rows) for _ in range(4)), np.zeros(rows, np.uint8)
    )
    return Batch(
        1,
        0,
        columns,
        np.array(codes, np.int8),
        np.arange(events, dtype=np.uint32),
        np.zeros(events, np.int64),
        np.zeros((events, 1)),
        signals,
    )


def signal(side: str, *abstain: str) -> dict[str, Any]:
    return {"side": side, "abstain": abstain}
